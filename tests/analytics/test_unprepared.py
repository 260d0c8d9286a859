"""A club that nobody prepared for questions: no declared keys, shortened names, yes and no as letters and digits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from engine.authors.analytics.author import analyse
from engine.authors.base import Declined, Ground
from engine.products import Question
from engine.sources.connection import open_connection
from tests.analytics.conftest import answer, ground_of

CLUB = """
CREATE TABLE members (mem_id INTEGER, mname TEXT, sex TEXT, ctry TEXT, birth_year INTEGER, is_active TEXT,
  enters TEXT);
CREATE TABLE classes (class_id INTEGER, title TEXT, kind TEXT, outdoor INTEGER, has_mirror INTEGER, open INTEGER);
CREATE TABLE enrollments (mem_id INTEGER, class_id INTEGER, season TEXT);
CREATE TABLE txns (txn_id INTEGER, mem_id INTEGER, amt REAL, fee_amt REAL, disc_pct REAL, ccy TEXT, what TEXT,
  st TEXT);
CREATE TABLE trainers (trainer_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, standing TEXT);
INSERT INTO members VALUES (1,'Ada','F','DE',1990,'Y','2024-01-05'),(2,'Bo','M','DE',1970,'N','2024-03-01'),
  (3,'Cy','M','FR',2001,'Y','2025-02-02'),(4,'Di','F','FR',1985,'Y','2025-07-07'),(5,'Di','F','IT',1999,'N','2026-01-01');
INSERT INTO classes VALUES (1,'Judo','full',0,1,1),(2,'Surf','short',1,0,1),(3,'Yoga','full',0,1,0),
  (4,'Chess','short',1,0,0);
INSERT INTO enrollments VALUES (1,1,'spring'),(1,1,'fall'),(1,2,'fall'),(2,1,'fall'),(3,2,'fall'),(3,3,'fall'),
  (4,1,'fall');
INSERT INTO txns VALUES (1,1,100,1,5,'EUR','dues','success'),(2,1,50,2,10,'EUR','refund','failed'),
  (3,2,80,3,0,'EUR','dues','success'),(4,3,40,6,20,'EUR','refund','success');
INSERT INTO trainers VALUES (1,'Eve','Fox','full'),(2,'Gus','Hill','junior'),(3,'Ida','Jay','full');
"""
Asked = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("club")
    connection = sqlite3.connect(folder / "club.sqlite")
    connection.executescript(CLUB)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'club.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many active members are there?", 3),
        ("How many members are inactive?", 2),
        ("How many members are not active?", 2),
        ("Count the outdoor classes", 2),
        ("How many classes have a mirror?", 2),
        ("How many classes are closed?", 2),
        ("What percentage of classes are open?", 50),
        ("What percentage of members are active?", 60),
    ],
)
def test_yes_and_no_in_letters_and_digits(club: Ground, question: str, number: float) -> None:
    ((value,),) = answer(question, club)
    assert value == pytest.approx(number)


def test_what_lacks_a_thing_is_said_by_its_flag(club: Ground) -> None:
    assert set(answer("List the titles of the classes without a mirror", club)) == {("Surf",), ("Chess",)}
    assert set(answer("List the titles of the classes with a mirror", club)) == {("Judo",), ("Yoga",)}


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many female members are there?", 3),
        ("How many members are from Germany?", 2),
        ("How many French members are there?", 2),
        ("How many successful transactions are there?", 3),
        ("How many full trainers are there?", 2),
    ],
)
def test_values_said_in_another_form(club: Ground, question: str, number: float) -> None:
    ((value,),) = answer(question, club)
    assert value == number


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("average transaction fee for each currency", {("EUR", 3.0)}),
        ("What is the highest discount percentage?", {(20.0,)}),
        ("What is the total refund amount?", {(90.0,)}),
        ("What is the total transaction amount per member?", {("Ada", 150.0), ("Bo", 80.0), ("Cy", 40.0)}),
        ("How many members entered in 2025?", {(2,)}),
    ],
)
def test_shortened_names_and_dates_under_any_name(club: Ground, question: str, rows: set[tuple[object, ...]]) -> None:
    assert set(answer(question, club)) == rows


def test_things_are_named_though_no_key_is_declared(club: Ground) -> None:
    assert set(answer("Which members have no transactions?", club)) == {("Di",)}
    assert len(answer("How many transactions does each member have?", club)) == 3


def test_things_across_a_link_are_counted_once(club: Ground) -> None:
    rows = answer("List the titles of classes and the number of members in each class", club)
    assert {(title, int(str(count))) for title, count in rows} == {("Judo", 3), ("Surf", 2), ("Yoga", 1)}
    assert answer("Which class has the largest number of enrolled members?", club) == [("Judo",)]


def test_a_verb_stands_for_the_table_of_its_events(club: Ground) -> None:
    assert set(answer("Which members have never been enrolled?", club)) == {("Di",)}
    assert answer("How many members have never been enrolled?", club) == [(1,)]
    assert answer("Which classes have no members enrolled?", club) == [("Chess",)]


def test_the_young_come_first_by_year_of_birth(club: Ground) -> None:
    rows = answer("Show the names of members ordered by birth year from the youngest to the oldest", club)
    assert [row[0] for row in rows] == ["Cy", "Di", "Ada", "Di", "Bo"]


def test_the_two_parts_of_a_name_and_a_group_said_before(club: Ground) -> None:
    assert ("Eve", "Fox") in answer("List the first and last names of the trainers", club)
    rows = answer("Show all kinds of classes and the number of classes in each", club)
    assert {(kind, int(str(count))) for kind, count in rows} == {("full", 2), ("short", 2)}


DEALER = """
CREATE TABLE depots (dep_id INTEGER PRIMARY KEY, dep_title TEXT, dep_year INTEGER);
CREATE TABLE clerks (clk_id INTEGER, clk_fname TEXT, clk_lname TEXT);
CREATE TABLE sales_orders (order_id INTEGER PRIMARY KEY, dep_id INTEGER REFERENCES depots(dep_id), order_date TEXT);
CREATE TABLE order_lines (order_id INTEGER REFERENCES sales_orders(order_id), line_no INTEGER, quantity INTEGER,
  PRIMARY KEY (order_id, line_no));
CREATE TABLE manuals (manual_id INTEGER PRIMARY KEY, title TEXT, topic TEXT);
CREATE TABLE writers (writer_id INTEGER PRIMARY KEY, writer_name TEXT);
CREATE TABLE manual_writers (manual_id INTEGER REFERENCES manuals(manual_id),
  writer_id INTEGER REFERENCES writers(writer_id), part INTEGER);
CREATE TABLE quotes (citing_manual_id INTEGER, cited_id INTEGER);
INSERT INTO depots VALUES (1,'North',1990),(2,'South',2001);
INSERT INTO clerks VALUES (1,'Kim','Lee'),(2,'Lou','May');
INSERT INTO sales_orders VALUES (1,1,'2026-01-05'),(2,1,'2026-10-30'),(3,2,'2026-11-20');
INSERT INTO order_lines VALUES (1,1,9),(2,1,1),(3,1,6),(3,2,6);
INSERT INTO manuals VALUES (1,'Pumps','water'),(2,'Valves','water'),(3,'Wires','power'),(4,'Fuses','power');
INSERT INTO writers VALUES (1,'Moe'),(2,'Ned');
INSERT INTO manual_writers VALUES (1,1,1),(1,1,2),(1,1,3),(2,2,1),(3,2,1);
INSERT INTO quotes VALUES (1,9),(2,9),(2,8),(3,7);
"""


@pytest.fixture(scope="module")
def dealer(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("dealer")
    connection = sqlite3.connect(folder / "dealer.sqlite")
    connection.executescript(DEALER)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'dealer.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        # Sales orders are the orders; the lines of orders are not.
        ("How many orders are there?", {(3,)}),
        ("How many order lines are there?", {(4,)}),
        # A column that begins with a shortening of its table's name is called by the rest.
        ("Which depots have no orders in October 2026?", {("South",)}),
        ("List the names of the clerks", {("Kim", "Lee"), ("Lou", "May")}),
        # Units are added up over all rows of a depot; its largest single row would say North.
        ("Which depot sold the most units?", {("South",)}),
        ("What is the average quantity per order line?", {(5.5,)}),
        # Moe wrote one manual in three parts, Ned two.
        ("Which writer has the most manuals?", {("Ned",)}),
        ("List the manuals together with their topic", {
            ("Pumps", "water"), ("Valves", "water"), ("Wires", "power"), ("Fuses", "power"),
        }),
        ("Which manuals have no quotes?", {("Fuses",)}),
    ],
)  # fmt: skip
def test_names_as_they_are_found(dealer: Ground, question: str, rows: set[tuple[object, ...]]) -> None:
    assert set(answer(question, dealer)) == rows


def test_whole_months_or_the_days_until_today_is_asked(dealer: Ground) -> None:
    text = "How many orders were placed in the last 2 months?"
    found = analyse(text, dealer, {})
    assert isinstance(found, Question)
    counts = [answer(text, dealer, {found.key: option.value}) for option in found.options]
    assert counts == [[(1,)], [(2,)]]
    assert answer("How many orders were placed in the last 2 calendar months?", dealer) == [(1,)]


DESK = """
CREATE TABLE agencies (agency_id INTEGER PRIMARY KEY, company_name TEXT, contact_name TEXT, year INTEGER);
CREATE TABLE suppliers (supplier_id INTEGER PRIMARY KEY, trade_name TEXT, brand_name TEXT);
CREATE TABLE parts (part_id INTEGER PRIMARY KEY, part_name TEXT, supplier_id INTEGER REFERENCES suppliers(supplier_id));
CREATE TABLE tickets (ticket_id INTEGER PRIMARY KEY, part_id INTEGER REFERENCES parts(part_id), sort TEXT,
  status TEXT, opened_at TEXT, closed_at TEXT, alert_on INTEGER, has_photo TEXT);
CREATE TABLE labels (label_id INTEGER PRIMARY KEY, label_name TEXT);
CREATE TABLE ticket_labels (ticket_id INTEGER REFERENCES tickets(ticket_id),
  label_id INTEGER REFERENCES labels(label_id));
INSERT INTO agencies VALUES (1,'Axe','Ann',1989),(2,'Bow','Bob',1994),(3,'Cap','Cat',2004);
INSERT INTO suppliers VALUES (1,'Umbra','U'),(2,'Vento','V');
INSERT INTO parts VALUES (1,'bolt',1),(2,'nut',1),(3,'pin',NULL);
INSERT INTO tickets VALUES (1,1,'fault','open','2026-01-01',NULL,0,'Y'),
  (2,1,'fault','closed','2026-02-01','2026-02-03',1,'N'),(3,2,'wish','closed','2025-02-01','2026-03-01',0,'Y'),
  (4,2,'fault','open','2025-05-01',NULL,0,'N');
INSERT INTO labels VALUES (1,'hot'),(2,'cold'),(3,'idle');
INSERT INTO ticket_labels VALUES (1,1),(2,1),(3,2);
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("desk")
    connection = sqlite3.connect(folder / "desk.sqlite")
    connection.executescript(DESK)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'desk.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        # A state that is a value, though there is a date of nearly the same name.
        ("How many tickets are open?", {(2,)}),
        ("How many tickets have not been closed yet?", {(2,)}),
        ("How many tickets have a photo?", {(2,)}),
        # Faults are tickets of that sort.
        ("How many faults are there?", {(3,)}),
        ("How many open faults are there?", {(2,)}),
        # Who supplies is a supplier.
        ("How many parts does Umbra supply?", {(2,)}),
        ("How many parts are supplied?", {(2,)}),
        ("Which label is used most often?", {("hot",)}),
        # A contact's name is not the agency's; the one year there is says when.
        ("Which agencies were started in 1994 or later?", {("Bow",), ("Cap",)}),
        ("How many agencies were started in the 1980s?", {(1,)}),
    ],
)
def test_states_kinds_and_doers(desk: Ground, question: str, rows: set[tuple[object, ...]]) -> None:
    assert set(answer(question, desk)) == rows


def test_by_which_of_two_names_is_asked(desk: Ground) -> None:
    found = analyse("Which suppliers have no parts?", desk, {})
    assert isinstance(found, Question)
    assert {option.value for option in found.options} == {"trade_name", "brand_name", "supplier_id"}
    assert answer("Which suppliers have no parts?", desk, {found.key: "brand_name"}) == [("V",)]


ARCADE = """
CREATE TABLE guide (guide_id INTEGER PRIMARY KEY, guide_name TEXT, boss_id INTEGER REFERENCES guide(guide_id),
  room_id INTEGER REFERENCES room(room_id));
CREATE TABLE room (room_id INTEGER PRIMARY KEY, room_name TEXT, boss_guide_id INTEGER, stars REAL);
CREATE TABLE visits (room_id INTEGER REFERENCES room(room_id), weekday TEXT, visits INTEGER);
CREATE TABLE notes (note_id INTEGER PRIMARY KEY, room_id INTEGER REFERENCES room(room_id), rating INTEGER,
  note_date TEXT);
CREATE TABLE topic (topic_id INTEGER PRIMARY KEY, topic TEXT);
CREATE TABLE room_topic (room_id INTEGER REFERENCES room(room_id), topic_id INTEGER REFERENCES topic(topic_id));
CREATE TABLE sales (sale_id INTEGER PRIMARY KEY, room_id INTEGER REFERENCES room(room_id), qty INTEGER);
INSERT INTO room VALUES (1,'Red',1,4.5),(2,'Blue',2,2);
INSERT INTO guide VALUES (1,'Flo',NULL,1),(2,'Guy',1,1),(3,'Hal',1,2);
INSERT INTO visits VALUES (1,'Monday',20),(1,'Friday',30),(2,'Friday',5);
INSERT INTO notes VALUES (1,1,1,'2026-01-01'),(2,1,3,'2026-01-01'),(3,2,5,'2026-01-02');
INSERT INTO topic VALUES (1,'myth'),(2,'space'),(3,'sport');
INSERT INTO room_topic VALUES (1,1),(2,1),(1,3);
INSERT INTO sales VALUES (1,1,9),(2,2,6),(3,2,6);
"""


@pytest.fixture(scope="module")
def arcade(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("arcade")
    connection = sqlite3.connect(folder / "arcade.sqlite")
    connection.executescript(ARCADE)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'arcade.sqlite'}", folder / "cache"))


def test_what_names_things_is_there_once_and_is_counted_where_it_is_met(arcade: Ground) -> None:
    assert answer("Which topic is the most common?", arcade) == [("myth",)]


def test_a_star_rating_is_of_what_it_is_said_of(arcade: Ground) -> None:
    assert answer("What is the average star rating of rooms?", arcade) == [(3.25,)]


def test_who_has_no_boss_is_told_by_the_reference_to_their_own_table(arcade: Ground) -> None:
    assert answer("How many guides do not have a boss?", arcade) == [(1,)]
    assert isinstance(analyse("Show the boss of each guide", arcade, {}), Declined)


def test_an_average_over_days_is_not_an_average_for_each_day(arcade: Ground) -> None:
    assert isinstance(analyse("What is the average daily rating?", arcade, {}), Declined)


@pytest.mark.parametrize(
    ("question", "chosen", "rows"),
    [
        ("What is the total number of visits on Friday?", "sum", [(35,)]),
        ("What is the total number of visits on Friday?", "rows", [(2,)]),
        ("Which room has the largest quantity?", "sum", [("Blue",)]),
        ("Which room has the largest quantity?", "max", [("Red",)]),
    ],
)
def test_rows_that_hold_numbers_are_asked_about(
    arcade: Ground, question: str, chosen: str, rows: list[tuple[object, ...]]
) -> None:
    found = analyse(question, arcade, {})
    assert isinstance(found, Question)
    assert answer(question, arcade, {found.key: chosen}) == rows


WARD = """
CREATE TABLE people (person_id INTEGER PRIMARY KEY, forename TEXT, surname TEXT, birth_date TEXT, height_cm INTEGER,
  plan TEXT);
CREATE TABLE wards (ward_id INTEGER PRIMARY KEY, ward_details TEXT);
CREATE TABLE diagnoses (diag_id INTEGER PRIMARY KEY, diag_name TEXT);
CREATE TABLE treatments (treatment_id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES people(person_id),
  ward_id INTEGER REFERENCES wards(ward_id), diag_id INTEGER REFERENCES diagnoses(diag_id), start_dt TEXT,
  status TEXT, num_of_pills INTEGER);
CREATE TABLE badges (badge_id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES people(person_id), colour TEXT);
INSERT INTO people VALUES (1,'Amy','Orr','1980-01-01',185,'plus'),(2,'Ben','Poe','2025-03-03',170,'plus'),
  (3,'Cal','Quy','1999-09-09',191,'basic');
INSERT INTO wards VALUES (1,'North wing'),(2,'South wing'),(3,'Annex');
INSERT INTO diagnoses VALUES (1,'Flu'),(2,'Burn');
INSERT INTO treatments VALUES (1,1,1,1,'2025-01-02','Settled',9),
  (2,1,1,2,'2025-05-02','In Progress',1),(3,3,2,1,'2024-01-02','Settled',6),
  (4,3,2,NULL,'2026-01-02','In Progress',6);
INSERT INTO badges VALUES (1,1,'red'),(2,3,'red');
"""


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("ward")
    connection = sqlite3.connect(folder / "ward.sqlite")
    connection.executescript(WARD)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'ward.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        # When somebody was treated is when the treatment was, not their birth.
        ("How many people were treated in 2024?", {(1,)}),
        ("How many people are taller than 180 cm?", {(2,)}),
        ("How many people are on the plus plan?", {(2,)}),
        ("How many treatments have been settled?", {(2,)}),
        ("How many treatments are still in progress?", {(2,)}),
        # One of the four treatments has no diagnosis: it stays in the whole.
        ("What percentage of treatments are for Flu?", {(50.0,)}),
        ("What is the most common diagnosis?", {("Flu",)}),
        ("Which wards have no treatments?", {("Annex",)}),
        ("Which people have no badges?", {("Ben", "Poe")}),
        ("Which ward used the most pills?", {("South wing",)}),
    ],
)
def test_when_what_and_who_in_a_ward(ward: Ground, question: str, rows: set[tuple[object, ...]]) -> None:
    assert set(answer(question, ward)) == rows


def test_badges_are_not_dated_by_the_birth_of_who_wears_them(ward: Ground) -> None:
    assert isinstance(analyse("How many badges were there in 2025?", ward, {}), Declined)


CAFE = """
CREATE TABLE patrons (patron_id INTEGER PRIMARY KEY, patron_name TEXT, debt REAL);
CREATE TABLE vouchers (voucher_id INTEGER PRIMARY KEY, code TEXT, ends_on TEXT);
CREATE TABLE redemptions (patron_id INTEGER REFERENCES patrons(patron_id),
  voucher_id INTEGER REFERENCES vouchers(voucher_id), made_on TEXT);
CREATE TABLE bookings (booking_id INTEGER PRIMARY KEY, patron_id INTEGER REFERENCES patrons(patron_id), seats INTEGER);
INSERT INTO patrons VALUES (1,'Abe',5),(2,'Bea',500);
INSERT INTO vouchers VALUES (1,'XA','2026-12-31'),(2,'XB','2027-12-31');
INSERT INTO redemptions VALUES (1,1,'2025-01-01'),(1,1,'2026-01-01'),(2,2,'2026-02-02'),(1,1,'2026-03-01');
INSERT INTO bookings VALUES (1,1,2),(2,1,2),(3,1,9),(4,2,1);
"""


@pytest.fixture(scope="module")
def cafe(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("cafe")
    connection = sqlite3.connect(folder / "cafe.sqlite")
    connection.executescript(CAFE)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'cafe.sqlite'}", folder / "cache"))


def test_a_code_is_used_where_it_is_referred_to(cafe: Ground) -> None:
    assert answer("What is the most used voucher code?", cafe) == [("XA",)]


def test_how_often_a_thing_was_done_is_no_amount(cafe: Ground) -> None:
    assert answer("Which patrons booked more than 2 times?", cafe) == [("Abe",)]
    assert isinstance(analyse("Which patrons came more than 2 times?", cafe, {}), Declined)
    assert isinstance(analyse("Show the patrons with more than 2", cafe, {}), Declined)


def test_what_makes_things_longest_is_asked_where_only_money_is_held(cafe: Ground) -> None:
    found = analyse("Who is the longest serving patron?", cafe, {})
    assert isinstance(found, Question)
    assert {option.value for option in found.options} == {"debt", "other"}


@pytest.mark.parametrize(
    ("question", "chosen", "rows"),
    [
        ("How many patrons used a voucher in 2026?", "redemptions", [(2,)]),
        ("How many patrons used a voucher in 2026?", "vouchers", [(1,)]),
        ("Which patrons used more than 1 voucher?", "different", []),
        ("Which patrons used more than 1 voucher?", "every", [("Abe",)]),
    ],
)
def test_a_use_and_what_is_used_are_told_apart(
    cafe: Ground, question: str, chosen: str, rows: list[tuple[object, ...]]
) -> None:
    found = analyse(question, cafe, {})
    assert isinstance(found, Question)
    assert answer(question, cafe, {found.key: chosen}) == rows


LIBRARY = """
CREATE TABLE readers (reader_id INTEGER PRIMARY KEY, reader_name TEXT, joined_on TEXT, sort TEXT);
CREATE TABLE clerks (clerk_id INTEGER PRIMARY KEY, clerk_name TEXT, boss_id INTEGER REFERENCES clerks(clerk_id));
CREATE TABLE loans (loan_id INTEGER PRIMARY KEY, reader_id INTEGER REFERENCES readers(reader_id), loan_date TEXT,
  priority TEXT);
CREATE TABLE books (book_id INTEGER PRIMARY KEY, book_title TEXT);
CREATE TABLE ratings (book_id INTEGER REFERENCES books(book_id), stars INTEGER, rated_at TEXT);
INSERT INTO readers VALUES (1,'Ari','2025-01-01','senior'),(2,'Bix','2019-01-01','senior');
INSERT INTO clerks VALUES (1,'Uma',NULL),(2,'Vic',1),(3,'Wim',1);
INSERT INTO loans VALUES (1,1,'2026-01-01','high'),(2,2,'2025-05-05','high'),(3,2,'2025-06-06','low');
INSERT INTO books VALUES (1,'Moss'),(2,'Fern');
INSERT INTO ratings VALUES (1,5,'2024-01-01'),(2,1,'2026-01-01');
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("library")
    connection = sqlite3.connect(folder / "library.sqlite")
    connection.executescript(LIBRARY)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'library.sqlite'}", folder / "cache"))


def test_loans_of_a_year_are_not_those_of_readers_who_joined_then(library: Ground) -> None:
    assert answer("How many loans were made by senior readers in 2025?", library) == [(2,)]


def test_the_column_beside_a_value_is_not_what_is_counted(library: Ground) -> None:
    assert answer("How many high priority loans are there?", library) == [(2,)]


def test_a_name_after_to_is_of_another_row(library: Ground) -> None:
    assert isinstance(analyse("How many clerks report to Uma?", library, {}), Declined)


def test_the_best_is_not_the_latest(library: Ground) -> None:
    assert answer("Which book has the best rating?", library) == [("Moss",)]


CREW = """
CREATE TABLE sailors (sailor_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT,
  boss_id INTEGER REFERENCES sailors(sailor_id));
CREATE TABLE trips (trip_id INTEGER PRIMARY KEY, trip_name TEXT, fee INTEGER);
CREATE TABLE meals (meal_id INTEGER PRIMARY KEY, trip_id INTEGER REFERENCES trips(trip_id), unit_cost INTEGER);
CREATE TABLE ports (trip_id INTEGER REFERENCES trips(trip_id), harbour TEXT);
INSERT INTO sailors VALUES (1,'Jo','Kay',NULL),(2,'Jo','Lee',1),(3,'Max','Kay',1);
INSERT INTO trips VALUES (1,'Long',900),(2,'Short',90);
INSERT INTO meals VALUES (1,2,300);
INSERT INTO ports VALUES (1,'Kiel'),(1,'Oslo'),(2,'Kiel');
"""


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("crew")
    connection = sqlite3.connect(folder / "crew.sqlite")
    connection.executescript(CREW)
    connection.close()
    return ground_of(open_connection(f"sqlite:///{folder / 'crew.sqlite'}", folder / "cache"))


@pytest.mark.parametrize(
    "question",
    [
        "How many sailors report to Jo Kay?",
        "How many bosses are there?",
        # Trips have a fee; only their meals have a cost.
        "Which trips cost more than 200?",
    ],
)
def test_another_row_or_another_table_does_not_answer(crew: Ground, question: str) -> None:
    assert isinstance(analyse(question, crew, {}), Declined)


def test_all_or_any_of_two_values_is_asked_where_a_thing_may_have_both(crew: Ground) -> None:
    found = analyse("How many trips visit Kiel and Oslo?", crew, {})
    assert isinstance(found, Question)
    assert answer("How many trips visit Kiel and Oslo?", crew, {found.key: "all"}) == [(1,)]
    assert answer("How many trips visit Kiel and Oslo?", crew, {found.key: "any"}) == [(2,)]
    assert answer("How many trips visit Kiel or Oslo?", crew) == [(2,)]
