"""The scripts that hand over a few bodies, each after it was measured: read-only, and bounded in what they copy."""

from __future__ import annotations

_PIECES = """
local function pieces(value)
  local found = {}
  for at = 1, #value, 16000 do found[#found + 1] = string.sub(value, at, at + 15999) end
  return found
end
"""
"""A value as the client holds it: in parts of less than 16 KB."""

LAST = """
local found = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return found[1] and found[1][1]
"""
"""Stream. Answers the newest id."""

BODIES = (
    _PIECES
    + """
local largest, room, bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
local rows, known, newest = {}, {}, nil
for n = 4, #ARGV do
  if bytes > tonumber(ARGV[3]) then break end
  local found = redis.call('XRANGE', KEYS[1], ARGV[n], '+', 'COUNT', 1)
  if found[1] and known[found[1][1]] then
    local ms, seq = string.match(newest, '^(%d+)-(%d+)$')
    if #seq > 14 then break end
    found = redis.call('XRANGE', KEYS[1], ms .. '-' .. string.format('%.0f', tonumber(seq) + 1), '+', 'COUNT', 1)
  end
  if not found[1] then break end
  local id, fields, size = found[1][1], found[1][2], 0
  known[id], newest = true, id
  for f = 1, #fields do size = size + #fields[f] end
  bytes = bytes + size
  local row = {id, size}
  if size <= largest and size <= room then
    room = room - size
    row[3] = {}
    for f = 1, #fields do row[3][f] = pieces(fields[f]) end
  end
  rows[#rows + 1] = row
end
return rows
"""
)
"""Stream; bytes of the largest body, of all bodies, bytes after which it stops, and ids in their order: of each the
first entry from there on that was not taken.

Answers {{id, size, {name in parts, value in parts, …}}, …}; a row without a third item was larger.
"""

WAITING = (
    _PIECES
    + """
local length, most = redis.call('LLEN', KEYS[1]), tonumber(ARGV[1])
local room, bytes, wanted, rows = tonumber(ARGV[2]), 0, {}, {}
for n = 4, #ARGV do wanted[ARGV[n]] = true end
for place = 0, math.min(most, length) - 1 do
  for side = 1, 2 do
    local index = side == 1 and place or length - 1 - place
    if (side == 1 or index >= most) and bytes <= tonumber(ARGV[3]) then
      local value = redis.call('LRANGE', KEYS[1], index, index)[1]
      local print = string.sub(redis.sha1hex(#value .. ':' .. string.sub(value, 1, 4096)), 1, 12)
      if wanted[print] and #value <= room then
        wanted[print], room = nil, room - #value
        rows[#rows + 1] = {print, pieces(value)}
      end
      bytes = bytes + #value
    end
  end
end
return rows
"""
)
"""List; elements at each end, bytes of all bodies, bytes after which it stops, and prints of elements that are wanted.

Answers {{print, value in parts}, …} of those that still wait and have room.
"""
