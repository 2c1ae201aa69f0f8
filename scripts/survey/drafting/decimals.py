"""Numbers of which nothing in their column shows whether a point separates thousands or decimals, such as 1.500."""

from collections.abc import Sequence

from survey.drafting.contents import Content
from survey.drafting.items import Item, Rule
from survey.numbers import EITHER, shows_decimals
from survey.text import tidy


def settle_points(items: Sequence[Item], contents: Sequence[Content]) -> None:
    """Give a numeric item with such numbers the rule that its points separate decimals, and a doubt.

    contents: by place.
    """
    for item in items:
        if item.type != "numeric" or item.role == "ignore":
            continue
        counts = {tidy(text): n for text, n in contents[item.places[0]].counts.items()}
        open_ones = {text: n for text, n in counts.items() if "." in text and EITHER.fullmatch(text)}
        if open_ones and not shows_decimals(counts):
            why = f"{sum(open_ones.values())} of {sum(counts.values())} numbers are like {next(iter(open_ones))}"
            item.rules.append(Rule(f"point_{item.name}", item.name, "point", "", "decimal", why))
            item.doubt(80, "a point separates decimals", why, "write thousands for decimal, if it does", "recodes.csv")
