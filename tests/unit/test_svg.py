from xml.etree import ElementTree

from survey.svg import compact

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="75pt" height="30pt">
 <title>T</title>
 <metadata>m</metadata>
 <defs><clipPath id="p1234"><rect width="9" height="9"/></clipPath></defs>
 <g id="figure_1"><!-- a -->
  <defs><path id="Sans-61" d="M 0 0 
L 10.5 -3 
z
"/></defs>
  <g clip-path="url(#p1234)" transform="translate(3 4) scale(0.07 -0.07)">
   <use xlink:href="#Sans-61"/><use xlink:href="#Sans-61" transform="translate(54.40625 0)"/>
   <use xlink:href="#Sans-61" transform="translate(5 6)"/>
  </g>
 </g>
</svg>
"""


def test_a_compact_drawing_draws_the_same_things_at_the_same_places():
    small = compact(SVG)
    assert len(small) < len(SVG) * 0.6
    root = ElementTree.fromstring(small)
    tags = [element.tag.split("}")[1] for element in root.iter()]
    assert tags == ["svg", "defs", "clipPath", "rect", "g", "defs", "path", "g", "use", "use", "use"]
    path = next(root.iter("{http://www.w3.org/2000/svg}path"))
    assert path.get("d") == "M0 0L10.5 -3z"
    uses = list(root.iter("{http://www.w3.org/2000/svg}use"))
    assert {use.get("href") for use in uses} == {f"#{path.get('id')}"}
    assert [use.get("x") for use in uses] == [None, "54.41", None]
    assert uses[2].get("transform") == "translate(5 6)"
    (clip,) = root.iter("{http://www.w3.org/2000/svg}clipPath")
    assert f'clip-path="url(#{clip.get("id")})"' in small
