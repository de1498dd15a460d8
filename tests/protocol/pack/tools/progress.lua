-- What a call may tell the client while it runs. Waiting costs nothing: other calls go on.
local PAUSE = 0.06 -- seconds; progress that comes faster is thinned out

tool "test_tool_with_logging" {
  title = "Logging",
  about = "Sends three log messages, to a client that wants that level.",
  access = "read",
  run = function()
    hatchway.log("info", "Tool execution started")
    hatchway.sleep(PAUSE)
    hatchway.log("info", "Tool processing data")
    hatchway.sleep(PAUSE)
    hatchway.log("info", "Tool execution completed")
    return "Tool with logging executed successfully"
  end,
}

tool "test_logging_tool" {
  title = "Quiet Logging",
  about = "Sends a log message, which modern clients get only if their request names a level.",
  access = "read",
  run = function()
    hatchway.log("warning", "A message for those who asked for it")
    return "logged"
  end,
}

tool "test_tool_with_progress" {
  title = "Progress",
  about = "Reports progress, to a client that sent a token.",
  access = "read",
  run = function()
    for done = 0, 100, 50 do
      hatchway.progress(done, 100, ("Completed step %d of 100"):format(done))
      hatchway.sleep(PAUSE)
    end
    return "Tool with progress executed successfully"
  end,
}

tool "test_reconnection" {
  title = "Reconnection",
  about = "Lets the client go while it works: the client comes back for the result.",
  access = "read",
  run = function()
    hatchway.close_stream()
    hatchway.sleep(1)
    return "Reconnection test completed successfully. If you received this, the client properly reconnected after stream closure."
  end,
}
