"""What credentials look like: their names, their shapes, and what only looks like one."""

from __future__ import annotations

import re

from .base import words

# Under these names any value is a secret.
STRONG = re.compile(
    r"(?i)(^|[_\W]|(?-i:(?<=[a-z])(?=[A-Z])))(pass|passwd|passwort|password|passphrase|passcode|pwd|pw|pin_?code)\d*($|[_\W]|(?-i:(?=[A-Z])))|"
    r"password|passwd|passphrase|api[_\- ]?key|apikey|secret[_\-]?key|client[_\-]?secret|access[_\-]?key|"
    r"access[_\-]?token|auth[_\-]?token|refresh[_\-]?token|bearer[_\-]?token|private[_\-]?key|signing[_\-]?key|"
    r"encryption[_\-]?key|master[_\-]?key|shared[_\-]?secret|jwt[_\-]?secret|webhook[_\-]?secret|app[_\-]?secret|"
    r"session[_\-]?secret|db[_\-]?pass|secret[_\-]?token|(?-i:PASS|PWD)($|_)"
)
# Under these names a value is a secret when it does not look like a word.
WEAK = re.compile(
    r"(?i)(^|[_\W])(secret|secrets|token|auth|authorization|credential|credentials|cred|creds|bearer|salt|dsn|jwt|"
    r"key|hmac|license|otp|seed_phrase|mnemonic|cookie|session_?id|conn_?str|connection_?string|certificate|"
    r"(aws|azure|gcp|github|slack|stripe|openai)\w*)($|[_\W])|secret|(?-i:[a-z](Token|Secret|Key)$)"
)
BENIGN_NAME = re.compile(
    r"(?i)(_|\b)(field|column|col|columns|label|labels|hint|prompt|policy|url|uri|path|file|filename|header|env|var|"
    r"length|len|count|counts|size|min|max|regex|pattern|type|types|name|names|format|message|msg|error|strength|rules?|"
    r"rate|ratio|checksum|sha1|sha256|sha512|md5|digest|hash|hashed|hashes|uuid|guid|etag|fingerprint|placeholder|required|"
    r"reset|sort|group|groupby|primary|foreign|partition|public|lookup|cache|dict|tokens|tokenizer|keys|on|by|manager|"
    r"filter|pass_rate|pass_?fail|band|low_?pass|high_?pass|legend|title|help|description|text|expired|expires|endpoint|"
    r"id_column|parser|mapping|question|data|image|png|svg|b64|base64|content|commit|revision|version|digest|integrity)s?$"
    r"|^(sort|join|merge|group|primary|foreign|legend|public|dict|cache|lookup|map|partition|order|index)_?keys?$|"
    r"checksum|sha256|sha512|sha1|md5|uuid|digest|fingerprint|(^|_)hash(_|$)|integrity|nonce_example"
)
PLACEHOLDER = re.compile(
    r"(?i)^\s*$|^<.*>$|^\[.*\]$|^\{.*\}$|^\$|^%|^x{3,}[\w-]*$|^\*+$|^\.+$|^-+$|^_+$|^#+$|^\W+$|^0+$|"
    r"^(your[-_ ]?|(my|the|insert|enter|put|add|set|replace|change|fill)[-_ ])([a-z0-9]+[-_ ]+){0,6}"
    r"(password|passwd|pwd|pass|api|key|token|secret|here|me|this|it|in|value|own)[-_\w ]*$|"
    r"^change_?-?me\b.*|^(example|placeholder|dummy|fake|sample|todo|tbd|none|null|redacted|hidden|masked|n/a|"
    r"undefined|unset|env|test_?key|not[-_ ]?set|not[-_ ]a[-_ ].*|\.\.\.)[-_\w]*$|"
    r"^(os\.environ|getenv|vault:|env:|secret:|arn:|ssm:|keyring:)|"
    r".*(placeholder|changeme|redacted|[-_ ]here>?$)|^insert"
)
TYPE_WORDS = words(
    "str string text varchar int integer bool boolean float bytes object category hidden required optional true "
    "false none null password passwd pwd api_key apikey api-key token secret key secret_key access_token bearer "
    "basic auth authorization credentials username user email prompt ask oauth oauth2 jwt session cookie digest "
    "plain default off on yes no fail pass passed failed sha256 md5 bcrypt hs256 rs256 utf-8 ascii id name "
    "value"
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
        ("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{8,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
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
            r"(?i)[?&](api_?key|access_?token|token|key|secret|password|pwd|sig)=[A-Za-z0-9._~%-]{8,}",
        ),
    )
)
# Passwords inside addresses and connection strings.
DSN = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,60}:(?P<password>[^\s@/{}<>]{2,80})@[\w.\-\[{])")
PAIR = re.compile(r"(?i)(?:^|[\s;,?&])(?:password|passwd|pwd)\s*=\s*['\"]?(?P<password>[^\s;'\"&{}<>%]{3,80})")
