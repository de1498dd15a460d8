-- The workers of the tenant.

resource "hatchet://workers" {
  name = "workers",
  title = "Workers",
  about = "The workers that were heard within a day: status, slots, labels, actions.",
  mime = "application/json",
  run = function()
    return hatchet.forward("/api/v1/tenants/{tenant}/worker")
  end,
}
