import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.errors import BadInput
from survey.rendering.cells import Cell, Prose, fill, split_cells, split_front_matter
from survey.rendering.documents import check_document, check_fonts, metadata, picture_kinds, read_document, title_block
from survey.rendering.quarto import check_messages, front_matter

PICTURES = {"html": "svg", "docx": "png", "typst": "svg"}  # given


def test_front_matter_is_read_and_lines_keep_their_numbers():
    front, body, line = split_front_matter("---\nlang: en\n---\nText\n")
    assert (front, body, line) == ({"lang": "en"}, "Text\n", 4)


def test_a_text_without_front_matter_is_all_body():
    assert split_front_matter("Text\n\n---\n") == ({}, "Text\n\n---\n", 1)


def test_cells_prose_and_listings_are_told_apart():
    text = "A\n\n```{python}\n#| label: x\n#| echo: false\nx = 1\n```\n\n```python\n`{python} x`\n```\nB\n"
    first, cell, gap, listing, last = split_cells(text)
    assert cell == Cell("x = 1\n", 3, {"label": "x", "echo": False})
    assert (first.text, gap.text, last.text) == ("A\n\n", "\n", "B\n")
    assert listing.listing
    assert listing.expressions() == []


@given(st.text(st.sampled_from("a `~{}#|\n"), max_size=60))
def test_text_that_is_no_cell_is_kept_as_it_is(text):
    try:
        parts = split_cells(text)
    except BadInput:  # a block that is never closed
        return
    assert "".join(part.text for part in parts) == text


def test_inline_expressions_are_found_with_their_lines_and_replaced_in_order():
    prose = Prose('One `{python} v("a")` and\n`{python} 1 + 1`, not ``` `{python} no` ```.\n', 10)
    assert prose.expressions()[:2] == [('v("a")', 10), ("1 + 1", 11)]
    assert fill(Prose("`{python} a` `{python} b`", 1), ["1", "2"]) == "1 2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A\n\n```{python}\nx = 1\n", "line 3: the code block"),
        ("```{python}\n#| fig-cpa: x\n```\n", "'fig-cpa' is not supported"),
        ("```{python}\n#| error: true\n```\n", "error: true"),
        ("```{python}\n#| [\n```\n", "not valid YAML"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_with_its_line(text, said):
    with pytest.raises(BadInput, match=said):
        split_cells(text)


def checked(markdown, folder):
    check_document(read_document(markdown, folder), folder, PICTURES)


def test_references_to_every_kind_of_label_are_resolved(tmp_path):
    (tmp_path / "a.svg").touch()
    (tmp_path / "a.png").touch()
    checked(
        "# One {#sec-one}\n\n![Cap](a){#fig-a}\n\n| a |\n|---|\n| 1 |\n\n: Cap {#tbl-a}\n\n$$a$$ {#eq-a}\n\n"
        "@fig-a, @Fig-a, [@tbl-a; @sec-one] and @eq-a\n",
        tmp_path,
    )


@pytest.mark.parametrize("reference", ["fig-crs", "tbl-crs", "sec-crs", "eq-crs"])
def test_a_reference_to_nothing_is_named(reference, tmp_path):
    with pytest.raises(BadInput, match=f"@{reference} refers to nothing"):
        checked(f"# Other {{#sec-other}}\n\nSee @{reference}.\n", tmp_path)


def test_a_reference_to_nothing_names_the_nearest_label(tmp_path):
    with pytest.raises(BadInput, match="did you mean 'sec-methods'"):
        checked("# M {#sec-methods}\n\n@sec-method\n", tmp_path)


def test_a_label_used_twice_is_refused(tmp_path):
    with pytest.raises(BadInput, match="'sec-a' is used twice"):
        checked("# A {#sec-a}\n\n# B {#sec-a}\n", tmp_path)


def test_a_picture_must_be_there_in_every_kind_that_a_format_needs(tmp_path):
    (tmp_path / "a.svg").touch()
    with pytest.raises(BadInput, match=r"picture a\.png is not there"):
        checked("![](a)\n", tmp_path)


def test_a_picture_from_the_web_is_refused(tmp_path):
    with pytest.raises(BadInput, match="nothing is fetched"):
        checked("![](https://example.org/a.png)\n", tmp_path)


def test_a_missing_font_is_an_error_even_where_the_system_has_others(tmp_path):
    with pytest.raises(BadInput, match="no font 'Source Serif 4' regular"):
        check_fonts(tmp_path)


def test_authors_are_numbered_by_their_affiliations():
    block = title_block(
        {
            "title": "T",
            "simulated": False,
            "authors": [
                {"name": "A", "affiliation": "X", "corresponding": True, "email": "a@x.org"},
                {"name": "B", "affiliation": "Y"},
                {"name": "C", "affiliation": "X"},
            ],
        }
    )
    assert [person["marks"] for person in block["by-author"]] == ["1,*", "2", "1"]
    assert block["affiliation-lines"] == ["1 X", "2 Y", "* Corresponding author: A, a@x.org"]
    assert "simulated-mark" not in block


def test_a_title_is_never_read_as_markdown():
    content = metadata("IgG < 4 *g/L* $x$")["c"]
    assert [part["c"] for part in content if part["t"] == "Str"] == ["IgG", "<", "4", "*g/L*", "$x$"]


def test_the_front_matter_may_choose_the_kind_of_picture():
    assert picture_kinds({}) == PICTURES
    assert picture_kinds({"format": {"typst": {"default-image-extension": "pdf"}, "html": "default"}}) == PICTURES | {
        "typst": "pdf"
    }


def test_quarto_is_given_title_authors_and_the_mark_of_simulated_data():
    study = {"title": "T", "simulated": True, "authors": [{"name": "A", "affiliation": "X"}]}
    front = front_matter({"lang": "en", "format": {"html": {"toc": False}}, "execute": {"echo": False}}, study)
    assert front["title"] == "T"
    assert front["author"] == [{"name": "A", "affiliations": [{"name": "X"}]}]
    assert front["format"]["html"]["include-before-body"] == "mark.html"
    assert front["execute"] == {"echo": False, "freeze": False, "cache": False}
    assert "include-before-body" not in front_matter({}, study | {"simulated": False})["format"]["html"]


def test_what_quarto_only_warns_of_is_an_error(tmp_path):
    (tmp_path / "references.bib").write_text("@article{lee2019, title={x}}")
    with pytest.raises(BadInput, match="@fig-x refers to nothing"):
        check_messages("\x1b[33m[WARNING] Unable to resolve crossref @fig-x\x1b[39m", 0, tmp_path)
    with pytest.raises(BadInput, match=r"@lee2018 is not in references\.bib; did you mean 'lee2019'"):
        check_messages("[WARNING] Citeproc: citation lee2018 not found", 0, tmp_path)
    with pytest.raises(BadInput, match="Quarto stopped: ERROR"):
        check_messages("ERROR", 1, tmp_path)
