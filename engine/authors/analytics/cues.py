"""Words that say what to do rather than what about: counts, aggregates, superlatives, groups, comparisons, order."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TABLE = """
count: how many; how many of; number of; numbers of; count; counts; count of; total number of; total count of;
    overall number of; no of; # of
avg: average; avg; mean; average of; on average; averages; average value of
sum: total; how much; sum; sum of; total of; combined; overall; total amount of; total value of; totals;
    altogether; in total; summed; aggregate; cumulative amount of
max: maximum; max; maximal
min: minimum; min; minimal
median: median; medians
distinct: different; distinct; unique; various
most: most; greatest number of; largest number of; highest number of; biggest number of; maximum number of; most
    number of; highest count of; largest amount of
fewest: fewest; least; smallest number of; lowest number of; minimum number of; least number of; fewest number
    of; lowest count of
common: most common; most popular; most frequent; most frequently; most often; most frequently used; commonest;
    most commonly used; most used
rare: least common; least popular; least frequent; rarest; least often; least used
group: for each; for every; per; by each; in each; of each; at each; from each; on each; each; every; grouped
    by; group by; broken down by; split by; for each of the; in every; across; across all; within each; by
    every; to each; through each; segmented by; breakdown by; for different; for all the different
by: by
selling: best selling; top selling; best - selling; top - selling; best performing; top performing
order: ordered by; order by; sorted by; sort by; order them by; sort them by; ordered from; sorted from; sort
    the results by; order the results by; sorted in; ordered in; in order of; ranked by; starting
    from; rank by; listed by; sort the list by; arranged by
ascending: ascending; from young to old; from old to new; from small to big; from short to long; in ascending
    order; in ascending order of; ascending order; in increasing order of; in increasing order; smallest first;
    lowest first; oldest first; asc; from lowest to highest; from low to high; from least to most; from smallest
    to largest; from oldest to newest; from youngest to oldest; from shortest to longest; from cheapest to most
    expensive; lowest to highest; in ascending order by; from earliest to latest; from a to z; least to most;
    from worst to best; from fewest to most; from the lowest to the highest; from the youngest to the oldest
descending: descending; in descending order; in descending order of; descending order; in decreasing order of;
    in decreasing order; largest first; highest first; newest first; desc; from highest to lowest; from high to
    low; from most to least; from old to young; from new to old; from big to small; from long to short; from
    largest to smallest; from newest to oldest; from oldest to youngest; from longest to shortest; highest to
    lowest; in descending order by; from latest to earliest; most recent first; most to least; from best to
    worst; from the highest to the lowest; to the lowest; from the oldest to the youngest; from biggest to
    smallest; from most expensive to cheapest
alphabetical: alphabetically; in alphabetical order; alphabetical order; in alphabetical order of; alphabetical;
    in alphabetic order; in lexicographical order; in lexical order; in alphabetical order by
top: top; first
sort: sort; rank; arrange
bottom: bottom
gt: more than; greater than; larger than; higher than; bigger than; over; above; exceeding; exceeds; exceed; in
    excess of; strictly greater than; is over; >; better than; upwards of
ge: at least; no less than; not less than; greater than or equal to; more than or equal to; minimum of; >=; no
    fewer than; equal to or more than; higher than or equal to; equal or more than; larger than or equal to
lt: less than; fewer than; smaller than; lower than; under; below; strictly less than; <; worse than
le: at most; no more than; not more than; less than or equal to; maximum of; <=; up to; lower than or equal to;
    fewer than or equal to; smaller than or equal to; not exceeding
ge_after: or more; or higher; or above; or greater; and above; or over; or older; or larger; and more; and over;
    and up; or better; or later
le_after: or less; or fewer; or lower; or below; or under; or younger; or smaller; and below; or earlier
eq: equal to; equals; exactly; =; is equal to; equal; of exactly
gt_than: than
between: between; in the range of; ranging from; in the range; within the range
range_to: to; through
contains: contain; contains; containing; includes the word; contains the word; containing the word; include the
    word; contain the word; includes the substring; contains the substring; containing the substring; have the
    substring; has the substring; with the substring; including the word; the word; the substring; contain the
    substring; contains the letter; contain the letter; containing the letter; like; the letter; the phrase;
    containing the phrase; contains the text; containing the text; includes the text
starts: starts with; start with; starting with; begins with; begin with; beginning with; started with; that
    start with; prefix; with the prefix; starting with the letter; starts with the letter; start with the
    letter; beginning with the letter; begins with the letter
ends: ends with; end with; ending with; ending in; ends in; end in; ended with; with the suffix; ending with the
    letter; ends with the letter
not: not; n't; don't; doesn't; didn't; isn't; aren't; wasn't; weren't; hasn't; haven't; cannot; non; except;
    excluding; other than; except for; apart from; besides; neither; excluding those in; not in; is not; are
    not; not from; outside; outside of
without: without; without any; have no; has no; had no; with no; lacking; no; never; do not have any; does not
    have any; do not have; does not have; did not have; have not; has not; have never; has never; not have; not
    have any; don't have any; don't have; doesn't have any; doesn't have; zero; no longer
have: have; has; had; having; with; contain; containing; owns; own
whose: whose; where; with; having; which; who; that
average_bound: above average; above the average; higher than average; higher than the average; greater than the
    average; more than the average; larger than the average; over the average; greater than average; more than
    average; larger than average; above-average; bigger than the average; longer than the average; longer than
    average; older than the average; older than average; exceeds the average; exceeding the average; above mean;
    above the mean
average_below: below average; below the average; lower than average; lower than the average; less than the
    average; smaller than the average; under the average; less than average; smaller than average; fewer than
    the average; shorter than the average; shorter than average; younger than the average; younger than average;
    below the mean; cheaper than average
or: or
and: and; as well as; as well; along with; together with; also; and also; and their; plus; &
both: both
ratio: ratio of; the ratio of; ratio between; ratio
ratio_to: to; over; versus; vs
share: percentage of; percent of; share of; proportion of; fraction of; what percentage of; % of; percentage;
    proportion; share; pct of
days_between: number of days between; days between; number of days from; average days between; time between;
    time from
star: information; details; records; data; all information about; all details; all columns; everything; full
    record; info; all fields; entries; rows; all the information; all the details; all
    information; all the information about; all the details about; details of; info of
grain_day: daily; by day; per day; each day; every day; by date; day by day
grain_week: weekly; by week; per week; each week; every week; week by week; for each week
grain_month: monthly; by month; per month; each month; every month; month by month; for each month; over the
    months; in each month; grouped by month; of each month
grain_quarter: quarterly; by quarter; per quarter; each quarter; every quarter; for each quarter; in each
    quarter; quarter by quarter
grain_year: yearly; annual; annually; by year; per year; each year; every year; for each year; in each year;
    year by year; per annum; over the years
trend: trend; trends; over time; through time; trend over time; the trend of; trend of; time series; timeline
null: missing; unknown; null; empty; blank; not specified; unspecified; not set; not recorded; not available; is
    null; is missing; are missing; no value for; undefined
notnull: known; not null; is not null; not missing; not empty
times: times
old_unit: years old; year old; years of age; in age
"""

# Comparative and superlative adjectives: direction and the adjective they come from.
_ADJECTIVES = """
highest high +; lowest high -; largest large +; biggest large +; smallest small -; greatest large +
longest long +
shortest short -; oldest old +; youngest young -; newest new +; latest late +; earliest early -
cheapest cheap -
tallest tall +; heaviest heavy +; lightest light -; fastest fast +; slowest slow -; best good +; worst bad -
deepest deep +; widest wide +; richest rich +; most_recent late +; most_recently late +
most_expensive expensive +; least_expensive expensive -
most_profitable profitable +; least_profitable profitable -; most_populous populous +; least_populous populous -
most_populated populous +; least_populated populous -; costliest expensive +; priciest expensive +; top old_ +
"""
_COMPARATIVES = """
older old gt; younger old lt; longer long gt; shorter long lt; taller tall gt; heavier heavy gt
lighter heavy lt
cheaper cheap lt; larger large gt; bigger large gt; smaller large lt; higher high gt; lower high lt
faster fast gt
later late gt; earlier late lt; newer new gt; costlier expensive gt; greater large gt
"""

REFUSED = frozenset(
    "why explain explanation forecast forecasts forecasting predict prediction predicted predicts "
    "predictions recommend "
    "recommendation recommendations correlate correlation correlated correlates because cause causes "
    "causing reason reasons "
    "should advise advice suggest suggestion optimize optimise impact influence influences affect affects "
    "effect regression "
    "cluster clustering anomaly anomalies outlier outliers insight insights sentiment simulate scenario".split()
)

# Verbs and fillers that only tie an entity to a place, a value or another entity.
BENIGN = frozenset(
    "speak speaks spoke spoken shared shares conducted composed raised "
    "live lives living lived located locate belong belongs belonging work works working worked based "
    "situated reside resides "
    "serve serves serving served take takes taken took make makes made making place placed places happen "
    "happened occur "
    "occurred come comes came go goes flow flows run runs held hold holds holding own owns owned owning "
    "use uses used using "
    "play plays played playing teach teaches taught attend attends attended enroll enrolled register "
    "registered assigned "
    "associated associate related corresponding correspond corresponds correspondingly respective "
    "respectively available "
    "exist exists existing given called named name's titled stored listed recorded registered produced "
    "produce produces operate operates operated filed posted submitted submits authored affiliated "
    "releases release released sell sells sold buy bought receive receives received written write wrote "
    "directed perform performed performs offer offers offered provide provides provided help helps helped "
    "support supports "
    "supported supporting handle handled handles manage manages managed lead leads led join joined joins "
    "participate "
    "participated participates participating include included including appear appeared appears involve "
    "involved full "
    "fall falls part parts contain contains consist composed been occupy occupied sit sits set put issued "
    "issue sponsor "
    "sponsored fly flies flew depart arrive come find found sorted grouped together currently current "
    "exact entire whole "
    "people's value values existing all any corresponding overall number made across carry carries "
    "carried earn earns earned "
    "drive drives driven pay pays paid cover covers covered ship shipped signed sign processed generated "
    "generate ordered "
    "reported report represent represents represented results result answer question database table "
    "tables column row "
    "employed hired hire employ born build built open opened opening close closed start started starting "
    "begin began end "
    "ended ending founded published publish expire expires expiring expired due mature matures maturing "
    "originated acquired "
    "purchased created joined launched graduated terminated invoiced billed completed complete classified "
    "categorized "
    "labelled labeled considered describe treat treated visit visited visits won win wins compete "
    "competed got gets gave give given".split()
)


# Verbs that say in which state a thing is: on their own ("were shipped") they restrict, and must not be passed over.
STATES = frozenset(
    "opened open closed completed expired signed sold shipped processed issued hired employed terminated "
    "ended started "
    "begun launched released published founded built acquired purchased paid due matured occupied "
    "invoiced billed reported "
    "registered enrolled ordered visited won held available existing current currently exact entire whole "
    "included "
    "performed handled managed supported delivered returned graduated joined created generated treated "
    "considered".split()
)


@dataclass(frozen=True)
class Cue:
    """What to do; for adjectives `argument` is the plain adjective."""

    name: str
    argument: str = ""


NO_CUE = Cue("")


_GRAINS = ("day", "week", "month", "quarter", "year")
_EACH = ("by", "per", "each", "every", "for each", "for every", "in each", "in every", "of each", "of every", "by each")


def _load() -> dict[tuple[str, ...], Cue]:
    cues: dict[tuple[str, ...], Cue] = {}
    for line in re.sub(r"\n +", " ", _TABLE.strip()).splitlines():
        name, phrases = line.split(": ", 1)
        for phrase in phrases.split(";"):
            cues.setdefault(tuple(phrase.split()), Cue(name))
    for grain in _GRAINS:
        for each in _EACH:
            cues[(*each.split(), grain)] = Cue(f"grain_{grain}")
    for entry in re.split(r"[;\n]", _ADJECTIVES.strip()):
        word, plain, direction = entry.split()
        if plain != "old_":
            cues[tuple(word.split("_"))] = Cue("highest" if direction == "+" else "lowest", plain)
    for entry in re.split(r"[;\n]", _COMPARATIVES.strip()):
        word, plain, name = entry.split()
        cues[(word, "than")] = Cue(name, "" if plain in ("large", "high") else plain)
    return cues


CUES = _load()
LONGEST = max(len(words) for words in CUES)
CUE_WORDS = frozenset(words[0] for words in CUES if len(words) == 1)
