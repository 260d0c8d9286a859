"""General English synonyms of business nouns, and what adjectives and verbs measure. Nothing of any one database."""

from __future__ import annotations

from engine.language.words import stem

_GROUPS = """
client,customer
staff,employee,worker,staff member
salary,pay,wage,compensation,earnings
price,cost
revenue,sales,income
turnover,revenue
expense,cost,spending
telephone,phone,phone number,telephone number,mobile,cell
zip,zip code,postal code,postcode,zipcode
city,town
country,nation
state,province
gender,sex
forename,first name,given name,firstname
surname,last name,family name,lastname
email,email address,mail
birthday,date of birth,birth date,birthdate
firm,company,business,organization
car,vehicle,automobile
film,movie
song,track
singer,musician
pupil,student
instructor,teacher,professor
shop,store
building,property
landlord,owner
renter,tenant,lessee
occupant,tenant
bank,lender
borrower,debtor
loan,mortgage
sqft,square feet,square footage,area,size,square foot
beds,bedrooms
baths,bathrooms
rent,rental
kind,type,category
quantity,units
vendor,supplier
purchase,order
sale,deal
sale,purchase
score,grade,mark
rating,score
length,duration,runtime
duration,milliseconds
length,milliseconds
duration,seconds
duration,minutes
elevation,altitude,height
inhabitants,population,residents
title,name
position,job title,job
boss,manager,supervisor
percent,percentage
department,division
nationality,country
description,details
begin date,start date,from date
end date,to date,finish date
employer,company
salesperson,sales rep,salesman,sales person
agent,broker
flat,apartment,unit
id,identifier,code
seat,capacity
cuisine,food,food type
doctor,physician
illness,disease,diagnosis
medicine,drug,medication
aircraft,plane,airplane
year built,construction year
vote,ballot
attendance,audience
arrive,deliver
reach,deliver
hand over,deliver
drop off,deliver
dispatch,ship
shipment,delivery
consignment,delivery
send out,issue
send out,ship
sign up,create
join,hire
leave,left
brand,make
settle,pay
bill,invoice
billing,invoice
visit,appointment
physician,provider
doctor,provider
insurer,payer
stop,downtime
standstill,downtime
reject,scrap
piece,quantity
part,quantity
book,booked
sign up,registration
purchase,order
telehealth,tele
fleet,vehicle
customer,account
client,account
reason,cause
step,operation
worth,amount
name,label
hire date,hired
equipment,machine
delay,downtime
"""

# What an adjective measures, best first: the words a column may carry.
# What only columns of such names measure: no other number of a table is "heavy".
TELLING = frozenset(
    "old young tall heavy light late early new fast slow rich deep wide profitable populous expensive cheap".split()
)
MEASURED_BY = {
    "long": "length duration milliseconds minutes seconds distance term",
    "short": "length duration milliseconds minutes seconds distance height term",
    "expensive": "price cost rent fee amount rate",
    "cheap": "price cost rent fee amount rate",
    "old": "age birthdate birth year founded built opened",
    "young": "age birthdate birth",
    "tall": "height elevation altitude",
    "high": "height elevation altitude",
    "heavy": "weight",
    "light": "weight",
    "late": "date time timestamp year",
    "early": "date time timestamp year",
    "new": "date year built opened founded",
    "large": "population area size sqft amount balance capacity total length value price quantity",
    "small": "population area size sqft amount balance capacity total length value price quantity",
    "fast": "speed time",
    "slow": "speed time",
    "good": "rating score stars grade rank",
    "bad": "rating score stars grade rank",
    "rich": "income wealth salary worth assets",
    "deep": "depth",
    "wide": "width",
    "profitable": "profit margin",
    "populous": "population",
}

# Adjectives whose direction turns round when the column holds a date or year instead of an age.
TURNED_BY_DATES = frozenset({"old", "young"})

# What a verb says about a date column: the words the column may carry.
DATED_BY = {
    "hire": "hire", "birth": "birth birthdate dob", "build": "built construction constructed completed",
    "sale": "sale sold close", "order": "order",
    "ship": "ship shipped", "pay": "payment paid", "start": "start begin commencement from",
    "begin": "start begin commencement",
    "end": "end expiry expiration termination to", "expir": "end expiry expiration", "matur": "maturity",
    "open": "open opened opening", "close": "close closed closing end", "found": "founded founding",
    "sign": "signed signing signup registration",
    "releas": "release released", "publish": "publish published publication",
    "join": "join joined registration since member",
    "regist": "registration registered created", "creat": "created creation", "purchas": "purchase acquisition",
    "acquir": "acquisition acquired purchase", "origin": "origination originated",
    "due": "due", "termin": "termination",
    "invoic": "invoice billing", "bill": "bill billing invoice", "receiv": "received payment",
    "return": "return returned", "deliv": "delivery delivered", "deliver": "delivery delivered",
    "cancel": "cancellation cancelled canceled", "complet": "completion completed", "resolv": "resolution resolved",
    "leav": "end termination leave", "launch": "launch", "enrol": "enrollment enrolled", "graduat": "graduation",
}  # fmt: skip

MONEY = frozenset(
    stem(word)
    for word in "price amount revenue rent balance cost sales sale total fee salary budget income expense payment "
    "value "
    "spend spending pay wage charge profit noi debt assets deposit tax premium principal proceeds freight "
    "deductible "
    "invoice donation refund dues earnings bonus penalty commission usd dollars cash loan funded limit "
    "worth".split()
)  # fmt: skip
NOT_MONEY = frozenset(
    stem(word)
    for word in "percent pct rate ratio count number id day sqft quantity units rating score age days "
    "square feet area size share fraction rank capacity code method type status".split()
)
MONEY_TABLES = frozenset(
    stem(word)
    for word in "sale sales payment expense cost income revenue rent fee donation refund transaction transfer deposit "
    "budget debt spending purchase withdrawal charge invoice receipt".split()
)
# Said of money, which is added up; the rows of a table called so are seldom what is counted.
UNCOUNTED = frozenset(
    stem(word) for word in "income revenue rent money turnover spending spend cost expense debt".split()
)
GENERIC_MONEY = frozenset(
    stem(word) for word in "amount revenue value sales spend spending spent money income turnover dollars worth".split()
)

# Columns called so hold what a thing is worth; freight, tax or discount are of a particular kind.
GENERAL_MONEY = GENERIC_MONEY | {stem(word) for word in "total price balance salary pay wage".split()}


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in text.split())


SYNONYMS: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}
for _line in _GROUPS.strip().splitlines():
    _phrases = [_phrase(part) for part in _line.split(",")]
    for _each in _phrases:
        SYNONYMS[_each] = SYNONYMS.get(_each, frozenset()) | {other for other in _phrases if other != _each}


# What is said where a yes-or-no column of the other name says no, besides words that begin with un-.
_OPPOSITES = """
closed,open
inactive,active
female,male
dead,alive
deceased,living
offline,online
off,on
private,public
invalid,valid
absent,present
incomplete,complete
failed,passed
nonsmoking,smoking
disabled,enabled
part-time,full-time
"""
_OPPOSITE: dict[str, str] = {}
for _line in _OPPOSITES.strip().splitlines():
    _one, _other = (stem(part) for part in _line.split(","))
    _OPPOSITE |= {_one: _other, _other: _one}


def opposites(word: str) -> frozenset[str]:
    """The stems of words that deny a stem: unread, closed."""
    return frozenset({f"un{word}", *([_OPPOSITE[word]] if word in _OPPOSITE else [])})


def synonyms(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Other ways to say a phrase of stems: the whole phrase replaced, or one of its words."""
    others = set(SYNONYMS.get(words, ()))
    if len(words) > 1:
        for at, word in enumerate(words):
            others |= {words[:at] + other + words[at + 1 :] for other in SYNONYMS.get((word,), ()) if len(other) == 1}
    return frozenset(others)
