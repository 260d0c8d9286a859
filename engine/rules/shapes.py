"""What credentials look like: their names, their shapes, and what only looks like one."""

from __future__ import annotations

import re

from .base import words

# What a password is called in several languages, where the word means nothing else.
PASSWORD_WORDS = (
    r"kennwort|losungswort|zugangswort|contrase[nñ]a|mots?[ _-]?de[ _-]?passe|senha|palavra[ _-]?passe|wachtwoord|"
    r"l[oö]senord|passord|adgangskode|salasana|heslo|jelsz[oó]|parola[ _-]?d['_]?ordine|пароль|密码|パスワード|비밀번호"
)
# And where it means something else too: a word, a key, a motto, a sum.
PASSWORD_HINTS = r"mdp|parola|clave|has[lł]o|losung|şifre|sifre|parool|parole"
# Under these names any value is a secret.
STRONG = re.compile(
    rf"(?i){PASSWORD_WORDS}|(?:^|[_\W])mdp(?:$|[_\W])|(?:"
    r"(^|[_\W]|(?-i:(?<=[a-z])(?=[A-Z])))(pass|passwd|passwort|password|passphrase|passcode|pwd|pw|pin_?code)\d*($|[_\W]|(?-i:(?=[A-Z])))|"
    r"password|passwd|passphrase|api[_\- ]?key|apikey|secret[_\-]?key|client[_\-]?secret|access[_\-]?key|"
    r"access[_\-]?token|auth[_\-]?token|refresh[_\-]?token|bearer[_\-]?token|private[_\-]?key|signing[_\-]?key|"
    r"encryption[_\-]?key|master[_\-]?key|shared[_\-]?secret|jwt[_\-]?secret|webhook[_\-]?secret|app[_\-]?secret|"
    r"session[_\-]?secret|db[_\-]?pass|secret[_\-]?token|(?-i:PASS|PWD)($|_)|(^|[_\W])secrets?$|"
    r"(auth|service|account|db|database|priv|client|admin|root|license|storage)[_\-]?key$|key[_\-]?pass|contrase[nñ]a|"
    r"(user|db|key|login|smtp|mail|email|ftp|ssh|sql|admin|root)pass$|passw$|pswd|bind_?pw$|secret[_\-]?value)"
)
# Under these names a value is a secret when it does not look like a word.
WEAK = re.compile(
    rf"(?i)(^|[_\W])({PASSWORD_HINTS})($|[_\W])|(php|j|asp)?sess(ion)?_?id$|connect\.sid$|"
    r"(^|[_\W])(secret|secrets|nonce|token|auth|authorization|credential|credentials|cred|creds|bearer|salt|dsn|jwt|"
    r"key|hmac|license|otp|appid|seed_phrase|mnemonic|cookie|session_?id|conn_?str|connection_?string|certificate|"
    r"(aws|azure|gcp|github|slack|stripe|openai)\w*)($|[_\W])|secret|(?-i:[a-z](Token|Secret|Key)$)"
)
BENIGN_NAME = re.compile(
    r"(?i)(_|\b)(field|column|col|columns|label|labels|hint|prompt|policy|url|uri|path|file|filename|header|env|var|"
    r"length|len|count|counts|size|min|max|regex|pattern|type|types|name|names|format|message|msg|error|strength|rules?|"
    r"rate|ratio|checksum|sha1|sha256|sha512|md5|digest|hash|hashed|hashes|uuid|guid|etag|fingerprint|placeholder|required|"
    r"reset|sort|group|groupby|primary|foreign|partition|public|lookup|cache|dict|tokens|tokenizer|keys|on|by|manager|"
    r"filter|pass_rate|pass_?fail|band|low_?pass|high_?pass|legend|title|help|description|text|expired|expires|endpoint|"
    r"id_column|parser|mapping|question|data|changed|updated|changed_at|updated_at|image|png|svg|b64|base64|content|commit|revision|version|digest|integrity)s?$"
    r"|^(sort|join|merge|group|primary|foreign|legend|public|dict|cache|lookup|map|partition|order|index)_?keys?$|"
    r"checksum|sha256|sha512|sha1|md5|uuid|digest|fingerprint|(^|_)hash(_|$)|integrity|nonce_example"
)
# What says where and how a cloud's service is used, not who uses it.
SETTING_OF_CLOUD = re.compile(
    r"(?i)(^|_)(aws|azure|gcp|github|slack|stripe|openai)_(\w+_)?(region|zone|profile|bucket|arn|role|project|model|deployment|"
    r"engine|org|organi[sz]ation|repo|repository|owner|branch|channel|location|cluster|partition|service|stage|environment|"
    r"team|workspace|group|resource|version|account|currency|plan|product|price|mode|tier)s?(_ids?)?$"
)
PLACEHOLDER = re.compile(
    r"(?i)^\s*$|^<.*>$|^\[.*\]$|^\{.*\}$|^\$|^%|^x{3,}[\w-]*$|^\*+$|^\.+$|^-+$|^_+$|^#+$|^\W+$|^0+$|"
    r"^(your[-_ ]?|(my|the|insert|enter|put|add|set|replace|change|fill)[-_ ])([a-z0-9]+[-_ ]+){0,6}"
    r"(password|passwd|pwd|pass|api|key|token|secret|here|me|this|it|in|value|own)[-_\w ]*$|"
    r"^change_?-?me\b.*|^(example|placeholder|dummy|fake|sample|todo|tbd|none|null|redacted|hidden|masked|n/a|"
    r"undefined|unset|env|test_?key|not[-_ ]?set|not[-_ ]a[-_ ].*|\.\.\.)[-_\w]*$|"
    r"^(os\.environ|getenv|vault:|env:|secret:|arn:|ssm:|keyring:)|"
    r"^(apache|bsd|a?l?gpl|mpl|cc(-by)?|eupl)-[\w.-]+$|"
    r".*(placeholder|changeme|redacted|[-_ ]here>?$)|^insert"
)
TYPE_WORDS = words(
    "str string text varchar int integer bool boolean float bytes object category hidden required optional true "
    "false none null password passwd pwd api_key apikey api-key token secret key secret_key access_token bearer "
    "basic auth authorization credentials username user email prompt ask oauth oauth2 jwt session cookie digest "
    "passwort kennwort contraseña wachtwoord senha geheim mot_de_passe lösenord hasło parola clave heslo "
    "plain default off on yes no fail pass passed failed sha256 md5 bcrypt hs256 rs256 utf-8 ascii id name "
    "value test tests testing drop mask count keep remove hide redact encrypt hashed nunique"
)
# A name of a variable or column rather than a value: DB_PASSWORD, password_hash, user.password.
NAMED = re.compile(
    r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_(PASSWORD|PASSWD|PASS|PWD|KEY|TOKEN|SECRET|URL|DSN)|"
    r"(user|db|database|admin|hashed|new|old|confirm|current)?_?\.?(password|passwd|pwd|api_key|token)(_?(hash|hashed|field|column|reset))?"
)
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(shape))
    for kind, shape in (
        (
            "AWS secret key",
            r"(?<![\w/+=.-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*[0-9])(?=\w*[/+])[A-Za-z0-9/+]{40}(?![\w/+=.-])",
        ),
        ("AWS access key", r"\b(AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{12,20}\b"),
        ("GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
        ("GitLab token", r"\bgl(pat|dt|rt|ft|soat)-[A-Za-z0-9_-]{16,}"),
        ("Slack token", r"(?<![\w-])xox[abeoprs]-(?=[A-Za-z-]*\d)[A-Za-z0-9-]{8,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
        ("Slack webhook", r"hooks\.slack\.com/(services|workflows)/\w{6,}"),
        ("Discord webhook", r"discord(app)?\.com/api/webhooks/\d+/[\w-]{10,}"),
        ("JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?"),
        ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----|PuTTY-User-Key-File-|AGE-SECRET-KEY-1"),
        ("Stripe key", r"\b(sk|rk|pk|whsec)_(live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{16,}"),
        ("Google key", r"\bAIza[0-9A-Za-z_-]{30,}|\bya29\.[0-9A-Za-z_-]{10,}|\bGOCSPX-[\w-]{10,}"),
        (
            "model provider's key",
            r"\bsk-(ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bgsk_[A-Za-z0-9]{20,}",
        ),
        ("registry token", r"\bnpm_[A-Za-z0-9]{20,}|\bpypi-[A-Za-z0-9_-]{20,}|\bdckr_pat_[\w-]{16,}"),
        (
            "mail provider's key",
            r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bkey-[0-9a-f]{32}\b|\b[0-9a-f]{32}-us\d{1,2}\b",
        ),
        ("Twilio key", r"\b(SK|AC)[0-9a-f]{32}\b"),
        ("bot token", r"\b\d{8,10}:[A-Za-z0-9_-]{33,37}\b"),
        (
            "cloud key",
            r"(AccountKey|SharedAccessKey|sig)=[A-Za-z0-9+/%]{20,}|\bdop_v1_[a-f0-9]{32,}|\bdapi[a-f0-9]{32}\b",
        ),
        (
            "service token",
            r"\bshp(at|ca|pa|ss)_[a-fA-F0-9]{20,}|\b(hvs|hvb)\.[\w-]{20,}|\blin_api_\w{20,}|\bNRAK-\w{20,}|\bsq0\w{3}-[\w-]{20,}",
        ),
        (
            "bearer token",
            r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{12,}=*|\bbasic\s+[A-Za-z0-9+/]{12,}=*|\btoken\s+[0-9a-f]{20,}",
        ),
        (
            "key in an address",
            r"(?i)[?&;](x-)?(api[_-]?key|access[_-]?(token|key)|auth([_-]?token)?|token|key|secret|client[_-]?secret|password|"
            r"passwd|pwd|subscription[_-]key|appid|app_?key|sig|signature)=(?!\{|%7B|your|xxx|\.\.\.|<)[A-Za-z0-9._~%+/-]{6,}",
        ),
        ("key in a header", r"(?i)^(token|api-?key)\s+(?=\S*\d)(?=\S*[a-z])[\w.=-]{8,}$"),
        ("webhook", r"outlook\.office(365)?\.com/webhook/\w{6,}|\.webhook\.office\.com/webhookb2/\w{6,}"),
        ("webhook", r"hooks\.zapier\.com/hooks/catch/\d+/\w+|api\.telegram\.org/bot\d{6,}:\w+"),
        ("key in an address", r"(?i)\bhttps?://(?=[\w.~%-]*\d)[\w.~%-]{16,}@[\w.-]+"),
        (
            "provider's token",
            r"\b(CLOJARS_[a-z0-9]{40,}|ATATT3[\w=-]{40,}|ATCTT3[\w=-]{40,}|figd_[\w-]{30,}|xkeysib-[a-f0-9]{40,}|glsa_\w{20,}|"
            r"glc_[A-Za-z0-9+/]{20,}|ntn_\w{30,}|secret_[A-Za-z0-9]{40,}|dt0c01\.[A-Z0-9]{20,}|PMAK-[\w-]{30,}|rubygems_[a-f0-9]{30,}|"
            r"sntry[su]_[\w+/=-]{20,}|dp\.(pt|st|ct|sa)\.\w{30,}|doo_v1_\w{30,}|dor_v1_\w{30,}|pscale_\w{2,6}_[\w.-]{20,}|pul-[a-f0-9]{30,}|"
            r"r8_\w{30,}|pplx-\w{30,}|xai-\w{30,}|nvapi-[\w-]{30,}|tvly-\w{20,}|phc_\w{30,}|sgp_\w{20,}|shippo_(live|test)_\w{20,}|"
            r"duffel_(live|test)_[\w=-]{20,}|EZ[AT]K\w{30,}|FLWSECK(_TEST)?-\w{12,}|amzn\.mws\.[\w-]{30,}|EAA[A-Z]\w{30,}|EAAC\w{20,}|"
            r"CCIPAT_\w{20,}|CCIPRJ_\w{20,}|ops_eyJ\w{20,}|A3-[A-Z0-9]{6}-[A-Z0-9-]{20,}|oy2[a-z0-9]{40,}|GR1348941[\w-]{16,}|"
            r"gl(agent|oas|cbt|ptt|imt|ffct|sa)-[\w-]{16,}|tfp_\w{30,}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}|pat-(na|eu)\d-[\w-]{30,}|"
            r"pat[A-Za-z0-9]{14}\.[a-f0-9]{40,}|sl\.[\w-]{60,}|xapp-\d-[\w-]{10,}|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|"
            r"AGE-SECRET-KEY-1\w{40,}|dckr_oat_[\w-]{16,}|hf_\w{20,}|lsv2_(pt|sk)_\w{20,}|vercel_\w{20,}|sbp_[a-f0-9]{30,})",
        ),
    )
)
# Passwords inside addresses and connection strings.
DSN = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,60}:(?P<password>[^\s@/{}<>]{2,80})@[\w.\-\[{])")
PAIR = re.compile(
    rf"(?i)(?:^|[\s;,?&])(?:password|passwd|pwd|bindpw|passwort|{PASSWORD_WORDS})\s*=\s*['\"]?(?P<password>[^\s;'\"&{{}}<>%]{{3,80}})"
)
# The same in braces, as drivers of ODBC take what holds a semicolon; a template has a plain name there.
BRACED = re.compile(r"(?i)(?:^|[\s;])(?:password|pwd)\s*=\s*\{(?P<password>(?=[^}]*\d)(?=[^}]*[^\w}])[^}\s]{6,80})\}")
# A user and a password before an address, as Oracle's drivers take them.
BEFORE_AT = re.compile(
    r"(?i)(?:^|(?P<jdbc>jdbc:oracle:\w+:))(?!scott/tiger@)[a-z][\w$#]{1,40}/(?P<password>[^\s@/'\"{}<>]{3,60})@"
    r"(?!sha\d)(?:(?(jdbc)|(?=//|[\w.-]+:\d)))(?://)?[\w.-]+(?::\d+)?(?:[/:][\w.$-]+)?$"
)
# A session or a login that a cookie carries.
COOKIE = re.compile(
    r"(?i)(?:^|[\s;,&?\"':])[\w.-]*(?:sess(?:ion)?(?:_?id)?|\bsid|auth|logged_in|remember(?:_?me)?|jwt|token)="
    r"(?P<password>(?=(?:[^\s;]*\d){2})(?=(?:[^\s;]*[a-z]){4})[\w%.~+/:-]{16,}=*)(?=$|[\s;,\"'&])"
)
# A line of a settings file that stands in the script as a text.
LISTED = re.compile(
    r"(?im)^[ \t]*(?:\w+_)?(?:password|passwd|pwd):[ \t]+['\"]?(?P<password>[^\s'\"{}<>$]{5,80})['\"]?[ \t]*$"
)
# A pair of a JSON text.
QUOTED = re.compile(
    r"(?i)['\"](?:\w+_)?(?:password|passwd|pwd|secret|token|api_?key)['\"]\s*:\s*['\"](?P<password>[^\s'\"{}<>$%]{5,80})['\"]"
)
# What a comment says of a password, a token or a key: `api_key=...`, `# token: ...`.
NOTED = re.compile(
    r"(?i)(?:^|[\s('\"`&?;,])(?:\w+[_-])?(?:password|passwd|pwd|api[_-]?key|secret|token)\s*[=:]\s*['\"`]?"
    r"(?P<password>[\w!@#$%^&*+/=.~-]{6,80})(?![\w(\[])"
)
# What a sentence says of one: "password is ...", "Kennwort lautet ...", "pw: ...".
SAYS = (
    r"(?:\s{0,3}(?:[=:]{1,2}>?|->)|"
    r"\s{1,3}(?:is now|is still|is|was|lautet|ist|war|est|es|é|è|jest|on|är|er|to)\b)\s{0,3}"
    r"[\"'`]?(?P<password>[^\s\"'`{}<>$]{6,64})"
)
SAID = re.compile(
    rf"(?i)(?:^|[^a-z0-9])(?:pass(?:word|wd|wort|phrase|code)|pwd?|losung|{PASSWORD_WORDS}|"
    rf"api[_ -]?key)[\"'`]?(?:\s{{0,3}}\([^()]{{0,40}}\))?{SAYS}"
)
# "with the password ...", "mit dem Passwort ...": what stands there looks chosen, or it is the next word of a sentence.
WITH = re.compile(
    r"(?i)\b(?:with|using|by|mit|per|avec|con|com|met|med|z|and|und|et|y|e|en|og|och|i)\s{1,3}"
    r"(?:(?:the|its|our|dem|das|le|la|el|a|o|il|het|my)\s{1,3})?"
    rf"(?:pass(?:word|wd|wort|phrase|code)|pwd?|{PASSWORD_WORDS}|{PASSWORD_HINTS})\s{{1,3}}"
    r"[\"'`]?(?P<password>[^\s\"'`{}<>$]{8,64})"
)
# Words that mean other things too, as in "second pass: ..." and `CRM_PASS=...`.
HINTED = re.compile(rf"(?i)(?:^|[^a-z0-9])(?:pass|pin|token|secret|credentials?|word|{PASSWORD_HINTS})[\"'`]?{SAYS}")
# A user and what follows behind a stroke: "login: name / ...", "user name, pw ...".
LET_IN = re.compile(
    r"(?i)\b(?:log ?in|sign ?in|user(?:name)?|account|zugang|benutzer|credentials?|creds|access)\b"
    r"(?:\s{1,3}(?:with|as|mit|is))?\s{0,3}[:=]?\s{0,3}[\"'`]?[\w.@-]{2,40}[\"'`]?\s{0,3}(?:/|\||,|;|:|and|und|with|mit)"
    r"\s{0,3}(?:pass(?:word|wort)?|pwd?|kennwort)?\s{0,3}[:=]?\s{0,3}"
    r"[\"'`]?(?P<password>(?=\S{0,64}\d)(?=\S{0,64}[^\W\d_])[^\s\"'`{}<>$/|,]{7,64})"
)
# Ids that stand beside a key and say which it is: not the half of a pair that a cloud calls an access key.
KEY_ID = re.compile(r"(?i)(?<!access)(?<!access_)key_?ids?$")
# What holds the words that people see, or what others mean.
WORDING = re.compile(
    r"(?i)(^|_)(labels?|titles?|captions?|translations?|texts?|names|columns?|headers?|headings?|meanings?|glossary|abbr\w*|"
    r"descriptions?|legends?|wording|i18n|vocabulary|dictionary|synonyms|rename|renames|terms)(_[a-z]{2})?$"
)
CHECKSUM = re.compile(r"(?i)^(sha\d{1,3}|md5|blake\w{1,3})[-:=]")
# Names of what is shown instead of a secret, and of amounts, which a number under the word token is.
EXAMPLE = re.compile(r"(?i)(^|_)(examples?|samples?|dummy|fake|mock|specimen|beispiele?|muster)(_|$)")
AMOUNT = re.compile(
    r"(?i)(^|_)(budgets?|limits?|quotas?|windows?|usages?|used|unused|totals?|prices?|costs?|remaining|left|estimates?|"
    r"thresholds?|steps?|spent|per|average|avg|mean|sum|scores?|balances?|supply|allowances?|max|min|most|least|context|"
    r"input|output|chunk|batch|overlap|rounds|iterations|ttl|seconds|minutes|hours|days|timeout|age|bits|width)(_|$)"
)
# What holds documents, runs and pictures by the ids of their makers, which open nothing.
DOCUMENTS = re.compile(
    r"(?i)(^|_)(docs?|documents?|sheets?|spreadsheets?|workbooks?|files?|folders?|drives?|forms?|slides?|videos?|links?|"
    r"pages?|boards?|traces?|spans?|runs?|jobs?|builds?|revisions?|etags?|playlists?|channels?|albums?|records?|"
    r"datasets?|photos?|pictures?|images?|dashboards?|notebooks?|hash(es)?|digests?|checksums?|commits?)(_ids?)?$"
)
