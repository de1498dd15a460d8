-- Medians and their spread, and comparisons that alternate.
local statistics = {}

-- The value below which this share of the list lies.
function statistics.quantile(list, share)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return sorted[math.max(1, math.min(#sorted, math.ceil(share * #sorted)))]
end

function statistics.median(list)
  return statistics.quantile(list, 0.5)
end

-- Runs the subject and a reference in turn; the medians of both, and the median of the ratios of the pairs with its quartiles.
-- ratio(ours, theirs) says what is compared (ours / theirs unless it is given).
function statistics.compare(rounds, subject, reference, ratio)
  local ours, theirs, ratios = {}, {}, {}
  for i = 1, rounds do
    local is_first = i % 2 == 1 -- neither is always the first of its pair
    if is_first then ours[i] = subject() end
    theirs[i] = reference()
    if not is_first then ours[i] = subject() end
    ratios[i] = ratio and ratio(ours[i], theirs[i]) or ours[i] / theirs[i]
  end
  return {
    ours = statistics.median(ours), theirs = statistics.median(theirs), rounds = rounds,
    ratio = statistics.median(ratios), low = statistics.quantile(ratios, 0.25), high = statistics.quantile(ratios, 0.75),
  }
end

return statistics
