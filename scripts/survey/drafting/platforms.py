"""What platforms add to the answers, and where their headers keep the text of a question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from survey.drafting.contents import Content, fold
from survey.export import Export
from survey.readers import limesurvey, microsoft_forms, qualtrics, redcap, surveymonkey
from survey.readers.limesurvey import CODE
from survey.readers.structure import Variable, split_last
from survey.text import tidy

SURVEYMONKEY = re.compile(
    r"respondentid|respondent id|respondent_id|collectorid|collector id|collector_id|startdate|start date|"
    r"date_created|enddate|end date|date_modified|ip address|ip_address|ipaddress|email address|"
    r"email_address|emailaddress|first name|first_name|firstname|last name|last_name|lastname|custom data|"
    r"customdata|custom data 1|custom_1|customvalue"
)
QUALTRICS = qualtrics.OWN | {"RecipientLastName", "RecipientFirstName", "LocationLatitude", "LocationLongitude"}
QUALTRICS |= {"LocationAccuracy", "ResponseID", "ResponseSet", "ExternalDataReference", "EmailAddress", "Name"}
QUALTRICS |= {"Q_RecaptchaScore", "Q_RelevantIDDuplicate", "Q_DataPolicyViolations", "SolutionRevision"}
TIMING = re.compile(r".*[_ ](?:First Click|Last Click|Page Submit|Click Count|Timing)", re.IGNORECASE)
BROWSER = re.compile(r".*_(?:Browser|Version|Operating System|Resolution)|.*Meta Info.*", re.IGNORECASE)
TOPICS = re.compile(r".* - (?:Parent Topics|Topics|Sentiment.*)")
# Columns of tables that a program wrote, whatever the platform.
INDEX = re.compile(r"\(no header\)(?: \(\d+\))?|unnamed: ?\d+|index|row_?(?:nr|number|names)?|x")
PREVIEWS = re.compile(r"1|2|17|survey preview|survey test|offline survey preview")  # 0 and 4 are answers
SUBMITTED = {
    "limesurvey": ("submitdate", "date submitted", "datum abgeschickt"),
    "surveymonkey": ("end date", "enddate", "date_modified"),
    "qualtrics": ("enddate", "recordeddate"),
    "google_forms": ("timestamp",),
    "microsoft_forms": microsoft_forms.COMPLETED,
    "redcap": ("survey timestamp",),
}
NOT_COMPLETED = ("[not completed]",)  # what REDCap writes where a survey was begun


@dataclass(frozen=True)
class Asked:
    """The texts of a question: its stem, and the part of it that a column is about ("" where there is one only)."""

    stem: str
    part: str

    @property
    def question(self) -> str:
        """The whole of it."""
        if not (self.stem and self.part) or self.part.casefold().startswith(self.stem.casefold()):
            return self.part or self.stem
        return f"{self.stem}{'' if self.stem[-1] in '.:?!…' else ':'} {self.part}"


def asked(content: Content, export: Export) -> Asked:
    """What a column asks, from its dictionary where there is one, else from its headers."""
    column = content.column
    known = export.dictionary.get(column.name, Variable())
    if column.part and not known.part and known.question.endswith(f" - {column.part}"):
        return Asked(tidy(known.question.removesuffix(f" - {column.part}")), column.part)
    if known.question:
        return Asked(tidy(known.question), tidy(known.part) if column.part else "")
    if export.platform == "limesurvey" and (match := CODE.fullmatch(tidy(column.headers[0]))) and match[4]:
        text = match[4]
        if not column.part:
            return Asked(text, "")
        if text.startswith("["):
            return Asked("", text.strip("[]").strip() or column.block)
        return Asked(*split_last(text.removesuffix("[]").strip()))
    if export.platform == "qualtrics" and len(column.headers) > 1:
        text = tidy(column.headers[1]) or column.name
        stem, dash, option = text.rpartition(" - ")
        if column.part and dash and option == column.part:
            return Asked(stem.removesuffix(" - Selected Choice"), option)
        return Asked(text.removesuffix(" - Selected Choice"), "" if not column.part else column.part)
    if export.format in ("sav", "dta") and tidy(column.headers[-1]):
        return Asked(tidy(column.headers[-1]), "" if not column.part else column.part)
    if column.part:
        return Asked(column.block, column.part)
    return Asked(re.sub(r" \(\d+\)$", "", column.name) if export.platform != "plain" else column.name, "")


def administrative(content: Content, export: Export) -> str:
    """Why a column holds no answer but what a program wrote; "" where it may hold one."""
    name, platform = content.column.name, export.platform
    if is_record_id(content, export):
        return "what the platform calls the record"
    lower = name.casefold()
    if INDEX.fullmatch(lower) and _counts_rows(content):
        return "number of the row"
    if platform == "limesurvey" and (name in limesurvey.OWN or lower in limesurvey.OWN_TEXTS):
        return "written by LimeSurvey"
    if platform == "limesurvey" and limesurvey.TIMES.fullmatch(content.column.block):
        return "time taken, written by LimeSurvey"
    if platform == "surveymonkey" and (SURVEYMONKEY.fullmatch(lower) or lower in surveymonkey.ID):
        return "written by SurveyMonkey"
    if platform == "microsoft_forms" and content.place < 6 and lower in microsoft_forms.OWN:
        return "written by Microsoft Forms"
    if platform == "google_forms" and content.place == 0:
        return "time stamp of Google Forms"
    if platform == "google_forms" and lower in ("email address", "username", "e-mail-adresse", "nutzername"):
        return "written by Google Forms"
    if platform == "redcap":
        if name in redcap.OWN or lower in redcap.OWN_LABELS:
            return "written by REDCap"
        if name.endswith("_timestamp") or lower == "survey timestamp":
            return "time stamp of a REDCap survey"
        if is_form_end(content):
            return "status of a REDCap form"
    if platform == "qualtrics":
        if name in QUALTRICS or set(content.column.aliases) & (QUALTRICS | {"_recordId"}):
            return "written by Qualtrics"
        if TIMING.fullmatch(name) or BROWSER.fullmatch(name) or TOPICS.fullmatch(name):
            return "timing, browser or text topics, written by Qualtrics"
    return ""


def is_comment(content: Content, export: Export) -> bool:
    """Whether people wrote here what they had to say about their answer."""
    return export.platform == "limesurvey" and limesurvey.is_comment(content.column)


def is_form_end(content: Content) -> bool:
    """Whether a column of REDCap tells the status of a form, which it closes."""
    ends = content.column.name.endswith("_complete") or fold(content.column.name) == "complete?"
    known = {*redcap.STATUS, *map(str.casefold, redcap.STATUS.values())}
    return ends and not content.column.part and set(content.folded) <= known


def is_submission(content: Content, export: Export) -> bool:
    """Whether the platform wrote here when a record was submitted."""
    names = SUBMITTED.get(export.platform, ())
    known = {fold(content.column.name), *map(fold, content.column.aliases)}
    first = export.platform == "google_forms" and content.place == 0
    of_form = export.platform == "redcap" and content.column.name.endswith("_timestamp")
    return bool(known.intersection(names)) or first or of_form


def is_record_id(content: Content, export: Export) -> bool:
    """Whether the platform's own id of the record stands here; of several that tell records apart, in the first."""
    column = content.column
    return bool(export.id_column) and column.name == export.id_column.split(" + ")[0] and not column.part


def is_of_qualtrics(content: Content, name: str, export: Export) -> bool:
    """Whether Qualtrics calls a column so, in the first header row or, of a legacy file, in the second."""
    return export.platform == "qualtrics" and name in (content.column.name, *content.column.aliases)


def previews(contents: Sequence[Content], export: Export) -> dict[str, int]:
    """Records that Qualtrics calls previews or tests, by what it calls them."""
    status = [content for content in contents if is_of_qualtrics(content, "Status", export)]
    known = PREVIEWS.fullmatch
    return {text: n for content in status for text, n in content.folded.items() if known(text)}


def unfinished(contents: Sequence[Content], export: Export) -> int:
    """How many records were begun and not submitted, where the platform says so."""
    for content in contents:
        if is_of_qualtrics(content, "Finished", export):
            return sum(n for text, n in content.folded.items() if text in ("0", "false"))
        if export.platform == "limesurvey" and is_submission(content, export):
            return content.records - content.filled
        if export.platform == "redcap" and is_submission(content, export):
            return sum(content.folded.get(text, 0) for text in NOT_COMPLETED)
    return 0


def embedded(content: Content, export: Export) -> bool:
    """Whether a column of Qualtrics comes from no question: data that was handed to the survey."""
    headers = content.column.headers
    if export.platform != "qualtrics" or export.header_rows < 3:
        return False
    known = qualtrics.import_id(headers[-1])
    return bool(known) and not qualtrics.IMPORT_ID.fullmatch(known)


def _counts_rows(content: Content) -> bool:
    """Whether whole numbers ascend over the records, one each."""
    return content.filled == content.records and content.is_whole_numbers and len(content.numbers) == content.records
