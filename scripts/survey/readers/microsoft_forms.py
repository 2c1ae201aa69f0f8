"""Microsoft Forms: ID, start and completion time, then the questions in full; several answers are joined by ";"."""

from collections.abc import Sequence

from survey.readers.structure import Column, bracketed, by_header
from survey.text import tidy

# The first three headers in the languages of the account.
OPENINGS = (
    ("id", "start time", "completion time"),
    ("id", "startzeit", "fertigstellungszeit"),
    ("id", "heure de début", "heure de fin"),
    ("id", "hora de inicio", "hora de finalización"),
    ("id", "ora di inizio", "ora di completamento"),
    ("id", "begintijd", "tijd van voltooien"),
    ("id", "starttijd", "tijd van voltooien"),
)

COMPLETED = tuple(opening[2] for opening in OPENINGS)
# What may follow them: who answered, and when the answers were last changed.
ADDRESS = ("email", "e-mail", "adresse de messagerie", "correo electrónico", "posta elettronica")
NAME = ("name", "nom", "nombre", "nome", "naam")
CHANGED = (
    "last modified time",
    "uhrzeit der letzten änderung",
    "heure de la dernière modification",
    "hora de la última modificación",
    "ora ultima modifica",
    "tijd van laatste wijziging",
)
OWN = frozenset([*(header for opening in OPENINGS for header in opening), *ADDRESS, *NAME, *CHANGED])


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """1 where the header begins as Microsoft Forms begins it, else 0."""
    return int(tuple(tidy(cell).casefold() for cell in sample[0][:3]) in OPENINGS)


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns, named by their questions."""
    return bracketed(by_header(headers[0]))


def record_columns(columns: Sequence[Column]) -> list[Column]:
    """The column ID."""
    return [column for column in columns[:1] if column.name.casefold() == "id"]
