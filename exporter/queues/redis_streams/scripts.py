"""What is run inside the server, so that no body leaves it: read-only scripts that answer with ids and lengths.

A script looks at one message after another, never at a batch: two hundred pictures at once would be copied at once.
"""

from __future__ import annotations

_FATTEST = """
local HEAD = 256
local function mark_after(text, at)
  local near = string.find(string.sub(text, at, at + 255), '["{}%[%]]')
  if near then return at + near - 1 end
  local far = string.find(string.sub(text, at + 256, at + 65791), '["{}%[%]]')
  return far and at + 255 + far
end
local function quote_after(text, at)
  while true do
    local quote = string.find(text, '"', at, true)
    if not quote then return nil end
    local back = quote - 1
    while back >= at and string.byte(text, back) == 92 do back = back - 1 end
    if (quote - back) % 2 == 1 then return quote end
    at = quote + 1
  end
end
local function longest_string(text)
  local at, depth, path, array, key = 1, 0, {}, {}, ''
  local best = {-1, '', {}}
  for _ = 1, 2000 do
    local found = mark_after(text, at)
    if not found then break end
    local mark = string.byte(text, found)
    at = found + 1
    if mark == 34 then
      local stop = quote_after(text, at)
      if not stop then break end
      if string.find(text, '^%s*:', stop + 1) then
        key = string.sub(text, at, math.min(stop - 1, at + 64))
      elseif stop - at > best[1] then
        local where = {}
        for level = 1, depth do where[level] = array[level] and '[*]' or '.' .. path[level] end
        if depth > 0 and not array[depth] then where[depth] = '.' .. key end
        best = {stop - at, string.sub(text, at, math.min(stop - 1, at + HEAD - 1)), where}
      end
      at = stop + 1
    elseif mark == 123 or mark == 91 then
      if depth > 0 and not array[depth] then path[depth] = key end
      depth = depth + 1
      array[depth], path[depth] = mark == 91, ''
      if depth > 24 then break end
    else
      depth = math.max(0, depth - 1)
    end
  end
  return best
end
local function told(value)
  local best = {-1, '', {}}
  if string.find(value, '^%s*[%[{]') then best = longest_string(value) end
  return #value, string.sub(value, 1, HEAD), best[1], best[2], best[3]
end
"""

ENTRIES = (
    _FATTEST
    + """
local start, newest_first, oversize = ARGV[1], ARGV[2] == '1', tonumber(ARGV[4])
local bytes, rows = 0, {}
for _ = 1, tonumber(ARGV[3]) do
  local found
  if newest_first then
    found = redis.call('XREVRANGE', KEYS[1], start, '-', 'COUNT', 1)
  else
    found = redis.call('XRANGE', KEYS[1], start, '+', 'COUNT', 1)
  end
  if not found[1] then return {1, rows} end
  local id, fields = found[1][1], found[1][2]
  local size, fat = 0, 2
  for f = 2, #fields, 2 do
    size = size + #fields[f - 1] + #fields[f]
    if #fields[f] > #fields[fat] then fat = f end
  end
  local row = {id, size}
  if size > oversize then row = {id, size, string.sub(fields[fat - 1], 1, 65), told(fields[fat])} end
  rows[#rows + 1] = row
  bytes = bytes + size
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  if bytes > tonumber(ARGV[5]) or #seq > 14 or #ms > 14 then break end
  if not newest_first then
    start = ms .. '-' .. string.format('%.0f', tonumber(seq) + 1)
  elseif seq ~= '0' then
    start = ms .. '-' .. string.format('%.0f', tonumber(seq) - 1)
  elseif ms ~= '0' then
    start = string.format('%.0f', tonumber(ms) - 1) .. '-18446744073709551615'
  else
    return {1, rows}
  end
end
return {0, rows}
"""
)
"""Stream; start id, newest first (1) or oldest first (0), most entries, oversize, bytes after which it stops.

Answers {1 at the end of the stream, {{id, size}, …}}; an oversize row goes on with the name of its fattest field, that
field's length and first bytes, and the longest string's inside it, if it is JSON: length, first bytes, path.
"""

NEXT = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', 1)
return found[1] and found[1][1]
"""
"""Stream; id. Answers the first id from there on."""

ELEMENTS = (
    _FATTEST
    + """
local length, oversize, bytes = redis.call('LLEN', KEYS[1]), tonumber(ARGV[2]), 0
local ends = {{}, {}}
for place = 0, math.min(tonumber(ARGV[1]), length) - 1 do
  for side = 1, 2 do
    local index = side == 1 and place or length - 1 - place
    if (side == 1 or index >= tonumber(ARGV[1])) and bytes <= tonumber(ARGV[3]) then
      local value = redis.call('LRANGE', KEYS[1], index, index)[1]
      local print = string.sub(redis.sha1hex(#value .. ':' .. string.sub(value, 1, 4096)), 1, 12)
      local row = {print, #value}
      if #value > oversize then row = {print, #value, '', told(value)} end
      ends[side][place + 1] = row
      bytes = bytes + #value
    end
  end
end
return {length, ends[1], ends[2]}
"""
)
"""List; elements at each end, oversize, bytes after which it stops.

Answers {length, rows from the left, rows from the right}, as those of ENTRIES; instead of an id a print of the element.
"""
