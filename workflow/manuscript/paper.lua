-- What Quarto does to a document and pandoc alone does not: numbered cross references, callouts, tabsets,
-- conditional content, alt texts. Runs before citeproc, because pandoc reads `@fig-x` as a citation.

local WORDS = {fig = "Figure", tbl = "Table", sec = "Section", eq = "Equation"}
local CALLOUTS = {note = "Note", tip = "Tip", important = "Important", warning = "Warning", caution = "Caution"}
local IS_HTML, IS_DOCX, IS_TYPST = FORMAT:match("^html"), FORMAT == "docx", FORMAT == "typst"
local ROOM = 100            -- characters that fit across a page of table text
local WHOLE = 30             -- lines up to which a table is not broken over two pages
local PAGE_RATIO = 1.25     -- tallest figure: height of the text area left for it, divided by the text's width

local function kind(id)
  local word = id:lower():match("^(%a+)%-")
  return word and WORDS[word] and word or nil
end

-- content for some formats, or for simulated data, only ---------------------------------------------------------------------------------

local function conditional(meta)
  local function is(name) return meta[name] ~= nil and pandoc.utils.stringify(meta[name]) == "true" end
  local function in_format(name) return FORMAT:match("^" .. name) ~= nil end
  return function(part)  -- a division or a span
    local shown, hidden = part.classes:includes("content-visible"), part.classes:includes("content-hidden")
    if not (shown or hidden) then return nil end
    local given, matches = part.attributes, true
    if given["when-format"] then matches = matches and in_format(given["when-format"]) end
    if given["unless-format"] then matches = matches and not in_format(given["unless-format"]) end
    if given["when-meta"] then matches = matches and is(given["when-meta"]) end
    if given["unless-meta"] then matches = matches and not is(given["unless-meta"]) end
    if matches == shown then return part.content end
    return {}
  end
end

-- a division `#tbl-x` or `#fig-x` (also what a labelled cell becomes): its last paragraph is the caption -----------

local function captioned_division(div)
  local word = kind(div.identifier)
  if word ~= "fig" and word ~= "tbl" then return nil end
  local caption = div.content[#div.content]
  if caption.t ~= "Para" and caption.t ~= "Plain" then return nil end
  local wanted, found = word == "fig" and "Figure" or "Table", nil
  local rest = div.content:clone()
  rest:remove()
  for place, block in ipairs(rest) do
    if block.t == "RawBlock" and block.format == "html" then
      local read = pandoc.read(block.text, "html").blocks
      if #read == 1 then block = read[1]; rest[place] = block end
    end
    if word == "fig" and block.t == "Para" and #block.content == 1 and block.content[1].t == "Image" then
      block = pandoc.Figure(pandoc.Plain(block.content)); rest[place] = block
    end
    if block.t == wanted and not found then found = block end
  end
  if not found then return nil end
  found.identifier = div.identifier
  found.caption = pandoc.Caption({pandoc.Plain(caption.content)})
  return rest
end

local function tabset(div)
  if not div.classes:includes("panel-tabset") then return nil end
  for _, block in ipairs(div.content) do
    if block.t == "Header" then block.classes:extend({"unnumbered", "unlisted"}) end
  end
  return div
end

-- numbers -----------------------------------------------------------------------------------------------------

local numbers = {}          -- identifier -> its number, as text
local titles = {}           -- identifier of an unnumbered section -> its title

local function equation(para)
  local content = para.content
  for i, inline in ipairs(content) do
    local id = inline.t == "Str" and inline.text:match("^{#(eq%-[%w%-_]+)}$")
    if id and i > 1 then
      local at = content[i - 1].t == "Math" and i - 1 or i - 2
      if at >= 1 and content[at].t == "Math" then return id, at, i end
    end
  end
end

local function number_everything(doc)
  local top = 9
  doc:walk({Header = function(h) top = math.min(top, h.level) end})
  local numbered = not doc.meta["number-sections"] or pandoc.utils.stringify(doc.meta["number-sections"]) ~= "false"
  local counters, count = {}, {fig = 0, tbl = 0, eq = 0}

  local function label(block, word)
    if kind(block.identifier) ~= word then return nil end
    count[word] = count[word] + 1
    numbers[block.identifier] = tostring(count[word])
    local long = block.caption.long
    if #long == 0 then long = pandoc.Blocks({pandoc.Plain({})}) end
    long[1].content:insert(1, pandoc.Space())
    long[1].content:insert(1, pandoc.Strong({pandoc.Str(WORDS[word] .. "\u{a0}" .. count[word] .. ".")}))
    block.caption.long = long
    return block
  end

  return doc:walk({
    traverse = "topdown",
    Header = function(h)
      local level = h.level - top + 1
      if not numbered or h.classes:includes("unnumbered") then
        titles[h.identifier] = pandoc.utils.stringify(h.content)
      else
        counters[level] = (counters[level] or 0) + 1
        for deeper = level + 1, 9 do counters[deeper] = 0 end
        local parts = {}
        for l = 1, level do parts[l] = tostring(counters[l] or 0) end
        numbers[h.identifier] = table.concat(parts, ".")
        h.content:insert(1, pandoc.Space())
        h.content:insert(1, pandoc.Span({pandoc.Str(numbers[h.identifier])}, {class = "header-section-number"}))
      end
      h.level = level + (IS_HTML and 1 or 0)
      return h
    end,
    Figure = function(f) return label(f, "fig") end,
    Table = function(t) return label(t, "tbl") end,
    Para = function(para)
      local id, at, last = equation(para)
      if not id then return nil end
      count.eq = count.eq + 1
      numbers[id] = tostring(count.eq)
      local content = para.content
      for _ = at + 1, last do content:remove(at + 1) end
      content[at].text = content[at].text .. "\\qquad(" .. count.eq .. ")"
      content[at] = pandoc.Span({content[at]}, {id = id})
      return para
    end,
  })
end

local function reference(cite)
  local inlines = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    local word = kind(citation.id)
    if not word then return nil end
    local id = citation.id:gsub("^%u", string.lower)
    local text = numbers[id] or titles[id] or "?"
    if numbers[id] and citation.mode ~= "SuppressAuthor" then text = WORDS[word] .. "\u{a0}" .. text end
    if i > 1 then inlines:extend({pandoc.Str(","), pandoc.Space()}) end
    inlines:insert(pandoc.Link({pandoc.Str(text)}, "#" .. id, "", {class = "cross-reference"}))
  end
  return inlines
end

-- callouts ----------------------------------------------------------------------------------------------------

local function callout(div)
  local name
  for _, class in ipairs(div.classes) do name = name or class:match("^callout%-(%a+)$") end
  if not CALLOUTS[name] then return nil end
  local content, title = div.content:clone(), nil
  if #content > 0 and content[1].t == "Header" then title = content:remove(1).content end
  title = title or div.attributes.title and pandoc.Inlines(div.attributes.title) or pandoc.Inlines(CALLOUTS[name])
  local head = pandoc.Para({pandoc.Strong(title)})
  if IS_HTML then
    local box = pandoc.Div({pandoc.Div({head}, {class = "callout-title"})},
      pandoc.Attr(div.identifier, {"callout", "callout-" .. name}, {role = "note"}))
    box.content:extend(content)
    return box
  elseif IS_DOCX then
    local body = pandoc.Div({pandoc.Div({head}, {["custom-style"] = "Callout Title"})}, {["custom-style"] = "Callout"})
    body.content:extend(content)
    return body
  elseif IS_TYPST then
    local blocks = pandoc.Blocks({pandoc.RawBlock("typst", '#callout("' .. name .. '")['), head})
    blocks:extend(content)
    blocks:insert(pandoc.RawBlock("typst", "]"))
    return blocks
  end
end

-- pictures and tables ------------------------------------------------------------------------------------------

local function picture(image)
  local alt = image.attributes["fig-alt"]
  image.attributes["fig-alt"] = nil
  if alt then image.caption = pandoc.Inlines({pandoc.Str(alt)}) end
  if IS_HTML then return image end
  -- A tall figure is made narrower until it fits a page with its caption.
  local share = tonumber((image.attributes.width or "100%"):match("^([%d.]+)%%$"))
  local read, data = pcall(function() return select(2, pandoc.mediabag.fetch(image.src)) end)
  local sized, size = pcall(function() return pandoc.image.size(data) end)
  if share and read and sized and size then
    local height = size.height / size.width * share / 100
    if height > PAGE_RATIO then share = share * PAGE_RATIO / height end
    image.attributes.width = string.format("%.1f%%", share)
  end
  if IS_TYPST then  -- pandoc's Typst has no alternative text
    local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end
    local width = image.attributes.width
    local pixels = width and tonumber((width:gsub("px$", "")))
    width = pixels and string.format(", width: %.1fpt", pixels * 0.75) or width and ", width: " .. width or ""
    local text = pandoc.utils.stringify(image.caption)
    return pandoc.RawInline("typst", "#image(" .. quoted(image.src) .. width .. ", alt: " .. quoted(text) .. ")")
  end
  return image
end

-- A row above a group of rows: its first cell is as wide as it and the empty cells after it.
local function spanning(tbl)
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      local first = row.cells[1] and row.cells[1].contents[1]
      local mark = first and first.content and first.content[1]
      if mark and mark.t == "Span" and mark.classes:includes("row-group") then
        while row.cells[2] and #row.cells[2].contents == 0 do
          row.cells:remove(2)
          row.cells[1].col_span = row.cells[1].col_span + 1
        end
      end
    end
  end
  return tbl
end

-- Marks of values, of rows above a group and of tables that can be sorted are for the HTML page alone.
local function unmarked(span)
  for _, class in ipairs({"value", "row-group", "can-be-sorted"}) do
    if span.classes:includes(class) then return span.content end
  end
end

-- The PDF is to be read aloud, too: a formula says its source.
local function formula(math)
  local display = math.mathtype == "DisplayMath"
  local typst = pandoc.write(pandoc.Pandoc({pandoc.Plain({math})}), "typst"):gsub("%s+$", "")
  local alt = math.text:gsub("\\[,;!]", " "):gsub("\\qquad", " "):gsub('[\\"]', "\\%0")
  local shown = "#math.equation(block: " .. tostring(display) .. ', alt: "' .. alt .. '", ' .. typst .. ".body)"
  return pandoc.RawInline("typst", shown)
end

local function raw_table(block)
  if block.format == "html" and block.text:match("<table") then return pandoc.read(block.text, "html").blocks end
end

-- Column widths. Pandoc gives a pipe table with long lines equal columns: here short columns get what they need and
-- long ones the rest. A browser does that by itself. Widths that were really chosen are left alone.
local function fit(tbl)
  local longest, word_length, given = {}, {}, {}
  for i, spec in ipairs(tbl.colspecs) do
    longest[i], word_length[i], given[i] = 1, 1, spec[2] or 0
    if spec[1] == "AlignDefault" then spec[1] = "AlignLeft" end
  end
  for i = 2, #given do
    if math.abs(given[i] - given[1]) > 0.001 then return tbl end
  end
  if IS_HTML then
    for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = {spec[1]} end
    return tbl
  end
  local function measure(rows)
    for _, row in ipairs(rows) do
      for i, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        if longest[i] and cell.col_span == 1 then
          longest[i] = math.max(longest[i], utf8.len(text) or #text)
          for word in text:gmatch("%S+") do word_length[i] = math.max(word_length[i], utf8.len(word) or #word) end
        end
      end
    end
  end
  measure(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do measure(body.body) end
  local need, needed, excess = {}, 0, 0
  for i = 1, #longest do
    need[i] = math.max(math.min(longest[i], 18), math.min(word_length[i], 24)) + 3
    needed, excess = needed + need[i], excess + math.max(longest[i] + 3 - need[i], 0)
  end
  local spare, sum = math.max(ROOM - needed, 0), 0
  for i = 1, #longest do
    local extra = excess > 0 and math.max(longest[i] + 3 - need[i], 0) / excess or i == 1 and 1 or 0
    need[i] = need[i] + spare * extra
    sum = sum + need[i]
  end
  for i, spec in ipairs(tbl.colspecs) do
    tbl.colspecs[i] = {spec[1], need[i] / sum}
  end
  return tbl
end

-- Whether the rows of a table take more lines, with the widths of `fit`, than are kept on one page.
local function is_long(tbl)
  local lines = 0
  for _, rows in ipairs({tbl.head.rows, tbl.bodies[1] and tbl.bodies[1].body or {}}) do
    for _, row in ipairs(rows) do
      local tallest = 1
      for i, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        local room = ROOM * ((tbl.colspecs[i] or {})[2] or 1)
        tallest = math.max(tallest, math.ceil((utf8.len(text) or #text) / room))
      end
      lines = lines + tallest
      if lines > WHOLE then return true end
    end
  end
  return false
end

local function whole(tbl)
  if is_long(tbl) then return nil end
  return {pandoc.RawBlock("typst", "#[#show figure: set block(breakable: false)"), tbl, pandoc.RawBlock("typst", "]")}
end

local function affiliations(doc)
  if not IS_DOCX then return doc end
  local lines = pandoc.Blocks({})
  for _, key in ipairs({"affiliation-lines", "mark-line"}) do
    local style = key == "mark-line" and "Simulated Mark" or "Affiliation"
    local value = doc.meta[key]
    if value then
      for _, line in ipairs(pandoc.utils.type(value) == "List" and value or {value}) do
        lines:insert(pandoc.Div({pandoc.Para(line)}, {["custom-style"] = style}))
      end
    end
  end
  lines:extend(doc.blocks)
  doc.blocks = lines
  return doc
end

function Pandoc(doc)
  local keep = conditional(doc.meta)
  doc = doc:walk({Div = keep, Span = keep})
  doc = doc:walk({Div = function(div) return captioned_division(div) or tabset(div) end, RawBlock = raw_table})
  -- callouts first: their heading is a title, not a section
  doc = doc:walk({Div = callout})
  doc = number_everything(doc)
  doc = doc:walk({Cite = reference})
  if not IS_HTML then doc = doc:walk({Table = spanning}):walk({Span = unmarked}) end
  doc = doc:walk({Image = picture, Table = fit})
  if IS_TYPST then doc = doc:walk({Table = whole, Math = formula}) end
  return affiliations(doc)
end
