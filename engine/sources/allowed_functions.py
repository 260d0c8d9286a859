"""The functions that a query may call, dialect by dialect: those that only compute from what they are given.

PostgreSQL's own catalog says which of its functions only compute (see `server_names`); here stands what is taken from
or added to that. SQLite, MySQL with MariaDB and the rest have no such catalog. Their lists follow the functions of
SQLite 3.50, MySQL 9.4 and MariaDB 12.0, and leave out what reads files, settings or sessions, what waits or locks, what
speaks to other servers, and what runs text as SQL. What a newer server adds is refused until it is listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.sources.dialects import MYSQL


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# PostgreSQL: immutable and stable built-ins but these, which read settings or sessions, or read tables named in a text.
_POSTGRESQL_LEFT_OUT = re.compile(
    r"pg_\w+|current_setting|txid_\w+|inet_(client|server)_\w+|\w+_to_xml\w*|fmgr_\w+|\w+_fdw_validator|makeaclitem|"
    r"ts_(stat|rewrite)|lo_\w+|binary_upgrade_\w+"
)
_POSTGRESQL_HARMLESS = _words(
    """
    pg_typeof pg_column_size pg_size_pretty pg_size_bytes pg_get_viewdef pg_get_expr pg_get_constraintdef
    pg_get_indexdef pg_get_userbyid pg_get_serial_sequence pg_encoding_to_char pg_collation_for pg_table_is_visible
    pg_input_is_valid pg_lsn pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size random
    random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 bernoulli system
    """
)

# The shared ground of SQL: sums and ranks, numbers, texts, dates, conditions, JSON.
_COMMON = _words(
    """
    abs acos any_value array_agg ascii asin atan atan2 avg bit_and bit_length bit_or bit_xor cast cbrt ceil ceiling
    char char_length character_length chr coalesce concat concat_ws convert corr cos cosh cot count covar_pop
    covar_samp cume_dist current_date current_time current_timestamp date date_add date_diff date_format date_part
    date_sub date_trunc dateadd datediff datepart datetime day dayname dayofmonth dayofweek dayofyear decode degrees
    dense_rank exp extract first_value floor format from_unixtime getdate greatest group_concat grouping hour if
    ifnull iif initcap instr isnull json_array json_array_length json_arrayagg json_exists json_extract json_object
    json_objectagg json_query json_value lag last_day last_value lead least left len length listagg ln localtime
    localtimestamp locate log log10 log2 lower lpad ltrim max md5 median min minute mod mode month monthname now
    nth_value ntile nullif nvl nvl2 octet_length overlay percent_rank percentile_cont percentile_disc pi position pow
    power quarter radians rank regexp_count regexp_instr regexp_like regexp_replace regexp_substr regr_avgx regr_avgy
    regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round
    row_number rpad rtrim second sha1 sha2 sign sin sinh soundex space split_part sqrt std stddev stddev_pop
    stddev_samp string_agg strpos substr substring sum tan tanh timestamp timestampadd timestampdiff to_char to_date
    to_number to_timestamp translate trim trunc truncate try_cast datetrunc typeof unnest upper var_pop var_samp
    variance week year
    """
)
# What stands before a bracket without being a function: types with a size, clauses, operators.
_NO_FUNCTIONS = _words(
    """
    all and any array as asc between by case cross cube decimal desc distinct double else end except exists filter
    float following for from full group groups having in inner int integer intersect interval is join lateral like
    limit natural not nchar null number numeric nvarchar nvarchar2 of offset on or order outer over partition
    preceding prior qualify range real recursive regexp rlike rollup row rows select set sets similar smallint some
    struct table tablesample then time to top union unsigned using values varbinary varchar varchar2 varying when
    where window with within xor against binary bigint bit boolean character clob collate datetime2 datetimeoffset div
    except force escape ignore index key match member minus sounds string text timestamptz timestampntz tinyint use
    datetime64
    """
)

SQLITE_FUNCTIONS = _words(
    """
    abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat concat_ws cos cosh
    count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor
    format glob group_concat hex highlight if ifnull iif instr json json_array json_array_insert json_array_length
    json_each json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch
    json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb jsonb_array
    jsonb_array_insert jsonb_each jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
    jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_tree julianday lag last_value lead length like likelihood
    likely ln log log10 log2 lower ltrim match matchinfo max median min mod nth_value ntile nullif octet_length
    offsets percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians random rank
    replace round row_number rtrim sign sin sinh snippet soundex sqlite_version sqrt strftime string_agg substr
    substring subtype sum tan tanh time timediff total trim trunc typeof unhex unicode unistr unistr_quote unixepoch
    unlikely upper -> ->>
    """
)
# One call of these can take far longer than what it gives is long, and SQLite looks at the clock only between calls.
SQLITE_SLOW = _words(
    "printf format replace instr trim ltrim rtrim unhex json_patch jsonb_patch concat concat_ws glob match matchinfo "
    "snippet highlight offsets bm25"
)

_MYSQL = _words(
    """
    adddate add_months addtime aes_decrypt aes_encrypt bin bin_to_uuid bit_count chr coercibility collation compress
    conv convert_tz crc32 curdate current_user curtime database schema date_format default des_decrypt elt encode
    export_set field find_in_set format_bytes format_pico_time from_base64 from_days get_format hex inet6_aton
    inet6_ntoa inet_aton inet_ntoa insert interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid json_append
    json_array_append json_array_insert json_array_intersect json_compact json_contains json_contains_path json_depth
    json_detailed json_equals json_insert json_keys json_length json_loose json_merge json_merge_patch
    json_merge_preserve json_normalize json_object_filter_keys json_object_to_array json_overlaps json_pretty
    json_quote json_remove json_replace json_schema_valid json_schema_validation_report json_search json_set
    json_storage_free json_storage_size json_table json_type json_unquote json_valid kdf lcase length lengthb makedate
    maketime make_set max mbrcontains microsecond mid name_const nvl oct old_password ord password period_add
    period_diff quote rand random_bytes sec_to_time sformat sha st_area st_astext st_contains st_distance
    st_distance_sphere st_geomfromtext st_intersects st_length st_within st_x st_y str_to_date strcmp subdate
    substring_index subtime sys_guid sysdate time_format time_to_sec timediff timestamp to_base64 to_days to_seconds
    ucase uncompress uncompressed_length unhex unix_timestamp utc_date utc_time utc_timestamp uuid uuid_short
    uuid_to_bin uuid_v4 uuid_v7 validate_password_strength version weekday weekofyear weight_string yearweek
    natural_sort_key point linestring polygon trim_oracle concat_operator_oracle substr_oracle length_oracle
    lpad_oracle rpad_oracle ltrim_oracle rtrim_oracle
    """
) - {"validate_password_strength", "old_password", "name_const", "sys_guid"}
_OTHERS: Mapping[str, frozenset[str]] = {
    MYSQL: _MYSQL,
    "mssql": _words(
        """
        approx_count_distinct charindex checksum choose count_big datalength date_bucket datefromparts datename
        datetimefromparts datetrunc difference eomonth grouping_id isdate isjson isnumeric log parse parsename
        patindex quotename replicate rand square stdev stdevp str stuff sysdatetime switchoffset todatetimeoffset
        try_convert try_parse getutcdate var varp openjson
        """
    ),
    "oracle": _words(
        """
        add_months bitand cardinality collect empty_clob from_tz instrb interval lengthb lnnvl months_between nanvl
        new_time next_day nls_initcap nls_lower nls_upper numtodsinterval numtoyminterval ora_hash ratio_to_report
        regexp_like remainder rowidtochar sys_extract_utc to_binary_double to_binary_float to_clob to_dsinterval
        to_yminterval tz_offset width_bucket json_table xmlagg xmlelement
        """
    ),
    "snowflake": _words(
        """
        add_months approx_count_distinct approx_percentile array_construct array_contains array_size array_to_string
        bitand boolor_agg booland_agg charindex contains convert_timezone count_if dateadd div0 div0null endswith
        equal_null flatten generator get get_path hash haversine ilike is_null_value last_day months_between next_day
        object_agg object_construct object_keys parse_json previous_day ratio_to_report regr_valx seq4 seq8 split
        square startswith strtok sysdate time_slice to_array to_boolean to_decimal to_double to_json to_object to_time
        to_timestamp_ntz to_varchar to_variant try_parse_json try_to_date try_to_decimal try_to_number
        try_to_timestamp uniform width_bucket yearofweek zeroifnull
        """
    ),
    "redshift": _words(
        """
        add_months approximate btrim bool_and bool_or charindex convert_timezone date_cmp date_cmp_timestamp
        datepart_year get_array_length is_valid_json json_extract_array_element_text json_extract_path_text json_parse
        last_day months_between next_day numeric object ratio_to_report regexp_substr replicate strtol sysdate
        timezone to_hex width_bucket
        """
    ),
    "trino": _words(
        """
        approx_distinct approx_percentile arbitrary at_timezone bool_and bool_or cardinality contains count_if
        date_parse element_at every filter flatten from_iso8601_date from_iso8601_timestamp from_unixtime
        geometric_mean json_format json_parse last_day_of_month map map_agg map_keys map_values max_by min_by reduce
        sequence slice split starts_with to_iso8601 to_unixtime transform try width_bucket with_timezone year_of_week
        zip
        """
    ),
    "databricks": _words(
        """
        add_months approx_count_distinct approx_percentile array_contains array_distinct array_join array_size
        bool_and bool_or cardinality collect_list collect_set contains count_if date_from_unix_date dayofmonth
        element_at endswith explode filter from_json get_json_object get_json_tuple inline kurtosis make_date map_keys
        map_values max_by min_by months_between named_struct next_day posexplode sequence size skewness slice
        sort_array split startswith struct to_json transform try_add try_divide try_multiply try_subtract
        try_to_number unix_timestamp weekday width_bucket
        """
    ),
    "clickhouse": _words(
        """
        addDays addMonths dateTrunc addYears any anyLast argMax argMin arrayElement arrayJoin arrayMap arraySort
        arraySum avgIf avgWeighted countIf dateDiff formatDateTime has ifNull intDiv leftPad length lowerUTF8 maxIf
        minIf multiIf now64 parseDateTime quantile quantileExact quantiles rightPad splitByChar startsWith
        subtractDays subtractMonths sumIf toDate toDateTime toDayOfMonth toDayOfWeek toDecimal64 toFloat64 toInt32
        toInt64 toMonth toQuarter toStartOfDay toStartOfHour toStartOfMonth toStartOfQuarter toStartOfWeek
        toStartOfYear toString toYYYYMM toYear today tuple uniq uniqExact upperUTF8 yesterday
        """.lower()
    ),
}  # fmt: skip


def computes(name: str, dialect: str) -> bool:
    """Whether what stands before a bracket only computes, in a dialect whose names are told apart by this list."""
    folded = folded_name(name)
    return folded in _COMMON or folded in _NO_FUNCTIONS or folded in _OTHERS.get(dialect, ())


def postgresql_computes(name: str, volatile: bool) -> bool:
    """Whether a built-in function of PostgreSQL only computes; `volatile` if any of that name is so."""
    if name in _POSTGRESQL_HARMLESS:
        return True
    return not volatile and _POSTGRESQL_LEFT_OUT.fullmatch(name) is None


def folded_name(name: str) -> str:
    """A name in small letters; only those of ASCII are folded, as servers do."""
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in name)
