-- What the tools of hatchet-mcp 0.3.0 (Python) cost in tools/list: bytes of compact JSON for each tool, with write access.
-- Measured on its answer. A tool of ours may cost a tenth more at most (tests/lua/catalogue_spec.lua).
-- Tools that it does not have are held to `other`, but for those that are as large as one of its own kind must be.
return {
  tools = {
    list_workflows = 862, get_workflow = 526, get_workflow_version = 826, get_workflow_metrics = 1017,
    list_runs = 3323, get_run = 546, get_run_status = 623, get_task = 527, get_task_logs = 928,
    list_task_events = 926, list_dag_tasks = 771, list_workers = 416, get_worker = 541, list_events = 2786,
    get_event = 515, list_event_keys = 457, list_crons = 1742, get_cron = 520, list_scheduled = 2054,
    get_scheduled = 542, list_filters = 1079, get_filter = 517, cel_debug = 1293, list_webhooks = 1231,
    get_webhook = 639, get_queue_metrics = 487, get_task_metrics = 969, get_task_stats = 562,
    get_run_timings = 879, get_trace = 835, list_rate_limits = 1274, top_failing_workflows = 1512,
    list_stuck_runs = 1290, describe_run_failure = 1013, get_server_info = 622, pause_workflow = 526,
    resume_workflow = 508, trigger_workflow = 1111, cancel_run = 554, replay_run = 564, cancel_runs = 1868,
    replay_runs = 1875, restore_task = 510, pause_worker = 487, resume_worker = 468, push_event = 1205,
    replay_events = 655, create_cron = 1357, delete_cron = 469, create_scheduled = 1102,
    delete_scheduled = 524, reschedule = 660, bulk_delete_scheduled = 2070, create_filter = 996,
    update_filter = 974, delete_filter = 478,
  },
  other = 1000,
  others = { get_log_volume = 1050, bulk_reschedule = 2070 }, -- the last as bulk_delete_scheduled
}
