-- A picture and a sound, as small as they get.
local media = {}

-- A PNG of one red pixel, as base64: what `data` takes.
media.png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mN44OAAAANkAWEKFFBvAAAAAElFTkSuQmCC"

-- A WAV file of silence, as bytes: what `bytes` takes. The host writes them as base64.
local samples = ("\0"):rep(160) -- 8-bit, one channel, 8000 a second: 20 milliseconds
local format = string.pack("<I4 I2 I2 I4 I4 I2 I2", 16, 1, 1, 8000, 8000, 1, 8)
local data = "data" .. string.pack("<I4", #samples) .. samples
media.wav = "RIFF" .. string.pack("<I4", 4 + 4 + #format + #data) .. "WAVEfmt " .. format .. data

return media
