"""Drafts of the real exports, used with no correction: what they recognise, and how much of what was published they give.

Beside that: with how many changed lines the rest is reached, and what does not follow from the file at all.
"""


from real.drafting import (
    ALL,
    ANY,
    TOTAL,
)

FILES = {
    "star-wars-2014": "surveymonkey/star-wars-2014/StarWars.csv",
    "flying-etiquette-2014": "surveymonkey/flying-etiquette-2014/flying-etiquette.csv",
    "comma-2014": "surveymonkey/comma-2014/comma-survey.csv",
    "steak-risk-2014": "surveymonkey/steak-risk-2014/steak-risk-survey.csv",
    "thanksgiving-2015": "surveymonkey/thanksgiving-2015/thanksgiving-2015-poll-data.csv",
    "ohbm-aperture-2018": "surveymonkey/ohbm-aperture-2018/aperture_survey_responses.tsv",
    "preprint-licensing-2018": "google-forms/preprint-licensing-2018/survey-responses-raw.csv",
    "rse-de-2017": "limesurvey/rse-de-2017/public_data.csv",
    "hospitals": "clinical/snap2-organisational-2019/hospitals.csv",
    "critical_care_units": "clinical/snap2-organisational-2019/critical_care_units.csv",
    "high_acuity_areas": "clinical/snap2-organisational-2019/high_acuity_areas.csv",
}
FILMS = "Which of the following Star Wars films have you seen"
VIEWS = "Please state whether you view the following characters favorably, unfavorably, or are unfamiliar with him/her."
SHOT = "Which character shot first"
RECLINE = "Do you ever recline your seat when you fly"
STEAK = "How do you like your steak prepared"
SIDES = "Which of these side dishes aretypically served"
LIKES = ("Very favorably", "Somewhat favorably")
# The rows of expected.csv in their order: the question as the export asks it, and the answers that are counted together.
FIGURES = {
    "star-wars-2014": [
        (FILMS, (ANY,)),
        (FILMS, ("Star Wars: Episode V The Empire Strikes Back",)),
        (FILMS, ("Star Wars: Episode VI Return of the Jedi",)),
        (FILMS, ("Star Wars: Episode I The Phantom Menace",)),
        (FILMS, ("Star Wars: Episode IV A New Hope",)),
        (FILMS, (ALL,)),
        ("Please rank the Star Wars films", ("Star Wars: Episode V The Empire Strikes Back",)),
        *((f"{VIEWS} {name}", LIKES) for name in ("Luke Skywalker", "Han Solo", "Princess Leia Organa", "Yoda")),
        *((f"{VIEWS} {name}", LIKES) for name in ("Obi Wan Kenobi", "R2 D2", "C-3P0", "Darth Vader", "Jar Jar Binks")),
        (SHOT, ("Han",)),
        (SHOT, ("Greedo",)),
        (SHOT, ("I don't understand this question",)),
    ],
    "flying-etiquette-2014": [
        ("How often do you travel by plane", ("not Never",)),
        (RECLINE, ("Always",)),
        (RECLINE, ("Usually",)),
        (RECLINE, ("About half the time",)),
        (RECLINE, ("Once in a while",)),
        (RECLINE, ("Never",)),
        ("Is itrude to recline your seat on a plane", ("Yes, somewhat rude", "Yes, very rude")),
        (
            "Under normal circumstances, does a person who reclines",
            ("Yes, they should not recline their chair if the person behind them asks them not to",),
        ),
    ],
    "comma-2014": [
        ("In your opinion, which sentence", ("It's important for a person to be honest, kind, and loyal.",)),
        (
            "How would you write the following sentence",
            ("Some experts say it's important to drink milk, but the data is inconclusive.",),
        ),
    ],
    "steak-risk-2014": [(STEAK, (name,)) for name in ("Medium rare", "Medium", "Well", "Rare")],
    "thanksgiving-2015": [
        ("", (TOTAL,)),
        (SIDES, ("Squash",)),
        (SIDES, ("Cauliflower",)),
        ("What is typically the main dish", ("Turkey",)),
    ],
    "preprint-licensing-2018": [("Have you ever posted a preprint", ("Yes",))],
    "ohbm-aperture-2018": [("Should code be reviewed", ("Yes",))],
}
