"""What people say where the data holds a code or another form: states, countries and their people, men and women."""

from __future__ import annotations

from engine.language.words import stem

_STATES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,FL "
    "Florida,"
    "GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME "
    "Maine,MD Maryland,"
    "MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,"
    "NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH "
    "Ohio,OK Oklahoma,"
    "OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,"
    "VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming"
)
_BY_NAME = {entry[3:].lower(): entry[:2] for entry in _STATES.split(",")}
_BY_CODE = {code: name for name, code in _BY_NAME.items()}

# Codes, names, then what its people and things are called.
_COUNTRIES = """
AR ARG;Argentina;Argentine,Argentinian
AT AUT;Austria;Austrian
AU AUS;Australia;Australian
BE BEL;Belgium;Belgian
BG BGR;Bulgaria;Bulgarian
BR BRA;Brazil;Brazilian
CA CAN;Canada;Canadian
CH CHE SUI;Switzerland;Swiss
CL CHL;Chile;Chilean
CN CHN;China;Chinese
CO COL;Colombia;Colombian
CU CUB;Cuba;Cuban
CZ CZE;Czech Republic,Czechia;Czech
DE DEU GER;Germany;German
DK DNK DEN;Denmark;Danish
EG EGY;Egypt;Egyptian
ES ESP;Spain;Spanish
FI FIN;Finland;Finnish
FR FRA;France;French
GB GBR UK;United Kingdom,Great Britain,Britain;British
GR GRC;Greece;Greek
HR HRV;Croatia;Croatian
HU HUN;Hungary;Hungarian
ID IDN;Indonesia;Indonesian
IE IRL;Ireland;Irish
IL ISR;Israel;Israeli
IN IND;India;Indian
IS ISL;Iceland;Icelandic
IT ITA;Italy;Italian
JM JAM;Jamaica;Jamaican
JP JPN;Japan;Japanese
KE KEN;Kenya;Kenyan
KR KOR;South Korea,Korea;Korean,South Korean
MA MAR;Morocco;Moroccan
MX MEX;Mexico;Mexican
NG NGA;Nigeria;Nigerian
NL NLD NED;Netherlands,Holland;Dutch
NO NOR;Norway;Norwegian
NZ NZL;New Zealand;New Zealander
PE PER;Peru;Peruvian
PH PHL;Philippines;Filipino,Philippine
PK PAK;Pakistan;Pakistani
PL POL;Poland;Polish
PT PRT POR;Portugal;Portuguese
RO ROU;Romania;Romanian
RS SRB;Serbia;Serbian
RU RUS;Russia,Russian Federation;Russian
SA SAU;Saudi Arabia;Saudi
SE SWE;Sweden;Swedish
SG SGP;Singapore;Singaporean
TH THA;Thailand;Thai
TR TUR;Turkey;Turkish
UA UKR;Ukraine;Ukrainian
US USA;United States,United States of America,America;American
VN VNM;Vietnam;Vietnamese
ZA ZAF RSA;South Africa;South African
"""
_PEOPLE = ("female f woman women w", "male m man men")
_Forms = frozenset[str]
_COUNTRY_FORMS: dict[str, _Forms] = {}
for _line in _COUNTRIES.strip().splitlines():
    _codes, _names, _called = (part.split(",") for part in _line.split(";"))
    _forms = frozenset([*_codes[0].split(), *_names, *_called])
    _COUNTRY_FORMS |= {name.lower(): _forms for name in (*_names, *_called)}
    _COUNTRY_FORMS |= {code: _forms for code in _codes[0].split() if len(code) > 2 or code in ("US", "UK")}
_PEOPLE_FORMS: dict[str, _Forms] = {
    word: frozenset(line.split()) for line in _PEOPLE for word in line.split() if len(word) > 2
}
_STATE_COLUMNS = frozenset({stem("state")})
_COUNTRY_COLUMNS = frozenset(stem(word) for word in "country nation nationality citizenship".split())
_PEOPLE_COLUMNS = frozenset(stem(word) for word in "sex gender".split())


def other_name(text: str) -> str:
    """The code of a state's name, the name of a code typed in capitals; nothing otherwise."""
    return _BY_NAME.get(text.lower(), "") or (_BY_CODE.get(text, "") if text.isupper() else "")


def other_names(text: str) -> tuple[tuple[_Forms, _Forms], ...]:
    """Other forms of what is said, each with the words of the columns that may hold them."""
    low = text.lower()
    found = []
    if state := other_name(text):
        found.append((frozenset({state}), _STATE_COLUMNS))
    if country := _COUNTRY_FORMS.get(low) or _COUNTRY_FORMS.get(text):
        found.append((country, _COUNTRY_COLUMNS))
    if people := _PEOPLE_FORMS.get(low):
        found.append((people, _PEOPLE_COLUMNS))
    return tuple(found)
