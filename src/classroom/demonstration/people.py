"""Invented people. Their names are such as real lists have: accents, apostrophes, hyphens, other scripts."""

from dataclasses import dataclass

__all__ = ["Invented", "invented"]

_FIRST = (
    "Ada", "Björn", "Chiara", "Diego", "Elif", "Fatima", "Gábor", "Hana", "Inés", "João",
    "Katarzyna", "Li", "Mārtiņš", "Nkechi", "Oisín", "Priya", "Quentin", "Ravi", "Sigrún", "Tomás",
    "Uzma", "Věra", "Wanjiru", "Ximena", "Yusuf", "Zoë", "אדם", "ليلى", "Ольга", "美咲",
)  # fmt: skip
_LAST = (
    "O'Brien", "Müller", "García-Lopez", "Nguyễn", "Øster", "de la Cruz", "Kowalska", "Smith", "Sato", "Okafor",
    "Ivanova", "Çelik", "Dubois", "van den Berg", "Haddad", "Rossi", "Svensson", "Kim", "Novák", "Silva",
    "Andersen", "Banerjee", "Costa", "Demir", "Eriksson", "Fischer", "Gupta", "Horvat", "Ibrahim", "Jones",
    "Kaya", "Lindqvist", "Mbeki", "Nakamura", "Olsen", "Popescu", "Quinn", "Reyes", "Schmidt", "Tanaka",
)  # fmt: skip
# 31 and 40 have no common divisor, so each round of 1,200 holds every pair once.
_ROUND = len(_FIRST) * len(_LAST)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Invented:
    """A person: first and last name, and the number that platforms know them by."""

    first_name: str
    last_name: str
    number: int

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.first_name} {self.last_name}"

    @property
    def login(self) -> str:
        """What they log in with."""
        return f"s{self.number}"

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"{self.login}@example.org"


def invented(number: int) -> list[Invented]:
    """Return so many people; no two have the same name."""
    people = []
    for at in range(number):
        first = _FIRST[at % len(_FIRST)]
        last = _LAST[(at + at // len(_FIRST)) % len(_LAST)]
        if around := at // _ROUND:
            first += " " + "".join(_LETTERS[around // 26**place % 26] for place in range(2))
        people.append(Invented(first, last, 1001 + at))
    return people
