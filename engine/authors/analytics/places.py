"""Names of US states and their codes: people say one where the data holds the other."""

from __future__ import annotations

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


def other_name(text: str) -> str:
    """The code of a state's name, the name of a code typed in capitals; nothing otherwise."""
    return _BY_NAME.get(text.lower(), "") or (_BY_CODE.get(text, "") if text.isupper() else "")
