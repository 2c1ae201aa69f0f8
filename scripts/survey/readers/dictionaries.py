"""The dictionary that a platform exports beside the data: .lss, .qsf, or a REDCap data dictionary."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from survey.errors import BadInput
from survey.readers import limesurvey, qualtrics, redcap
from survey.readers.structure import Column, Dictionary, Variable
from survey.readers.text import read_text_table

NAMING: Mapping[str, Callable[[Sequence[Column], Mapping[str, Variable]], list[Column]]] = {
    "limesurvey": limesurvey.name_by_text,
    "qualtrics": qualtrics.name_by_id,
    "redcap": redcap.name_by_dictionary,
}


def read_dictionary(path: Path) -> Dictionary:
    """What a dictionary says, its platform told from the file itself.

    Raises BadInput for a file that is absent, damaged or none of the three.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}); check export.dictionary in study.yaml") from None
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start == b"<":
        return limesurvey.read_structure(content, path)
    if start == b"{":
        return qualtrics.read_questionnaire(content, path)
    return redcap.read_data_dictionary(list(read_text_table(path).lines()), path)
