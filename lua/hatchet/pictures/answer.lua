-- What a tool that draws answers with: the numbers as data, the same in words, and the picture.
--
--   answer.of(data, words, picture) → the result of the tool. The picture is meant for people: it says so, for few models read
--                                     SVG.

local answer = {}

function answer.of(data, words, picture)
  return hatchway.content {
    { type = "text", text = words },
    { type = "image", bytes = picture, mimeType = "image/svg+xml", annotations = { audience = json.array { "user" } } },
    structured = data,
  }
end

return answer
