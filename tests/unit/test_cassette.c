// Which recording answers a request: one rule, one test. The rules stand in upstream/cassette.h.
#include "tape.h"

// --- method, path, query --------------------------------------------------------------------------------

static void method_and_path_are_equal_byte_for_byte(void **state) {
    (void)state;
    tape_load("GET /a/b%20c -> 200 'yes'\n"
              "GET //a -> 200 'double'\n");
    tape_answers("GET /a/b%20c", "'yes'");
    tape_answers("GET //a", "'double'");
    tape_lacks("POST /a/b%20c");
    tape_lacks("GET /a/b%20C");
    tape_lacks("GET /a/B%20c");
    tape_lacks("GET /a/b%20c/");
    tape_lacks("GET /a");
}

static void an_address_without_a_path_is_the_root(void **state) {
    (void)state;
    tape_load("GET  -> 200 'root'\n"
              "GET ?a=1#part -> 200 'with query'\n");
    tape_answers("GET /", "'root'");
    tape_answers("GET /?a=1", "'with query'");
}

static void the_query_is_compared_decoded(void **state) {
    (void)state;
    tape_load("GET /runs?name=a%2Fb+c%3D%zz&flag&& -> 200 1\n");
    tape_answers("GET /runs?name=a/b%20c%3d%zz&flag=", "1");
    tape_lacks("GET /runs?name=a/b%2Bc%3d%zz&flag=");
}

static void the_query_is_a_set(void **state) {
    (void)state;
    tape_load("GET /runs?statuses=FAILED&statuses=QUEUED&b=2 -> 200 1\n");
    tape_answers("GET /runs?b=2&statuses=QUEUED&statuses=FAILED", "1");
    tape_answers("GET /runs?b=2&statuses=QUEUED&statuses=FAILED&b=2", "1");
    tape_lacks("GET /runs?b=2&statuses=QUEUED");
    tape_lacks("GET /runs?statuses=2&b=QUEUED&statuses=FAILED");
    tape_lacks("GET /runs?b=2&statuses=QUEUED&statuses=FAILED&c=3");
    tape_lacks("GET /runs?B=2&statuses=QUEUED&statuses=FAILED");
}

static void defaults_of_the_engine_are_as_good_as_absent(void **state) {
    (void)state;
    static const char *const defaults[] = {
        "offset=0", "depth=0", "include_payloads=false", "order_by_direction=ASC", "running_filter=ALL",
        "additional_metadata_operator=OR",
    };
    char line[128];
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        tape_load("GET /runs -> 200 1\n");
        snprintf(line, sizeof line, "GET /runs?%s", defaults[i]);
        tape_answers(line, "1");
        snprintf(line, sizeof line, "GET /runs?%s -> 200 2\n", defaults[i]);
        tape_load(line);
        tape_answers("GET /runs", "2");
    }
}

static void other_values_of_the_same_names_decide(void **state) {
    (void)state;
    tape_load("GET /runs -> 200 1\n");
    tape_lacks("GET /runs?offset=1");
    tape_lacks("GET /runs?offset=");
    tape_lacks("GET /runs?depth=1");
    tape_lacks("GET /runs?include_payloads=true");
    tape_lacks("GET /runs?order_by_direction=DESC");
    tape_lacks("GET /runs?orderByDirection=ASC");
    tape_lacks("GET /runs?running_filter=ON_WORKER");
}

static void the_metadata_operator_decides_from_two_pairs_on(void **state) {
    (void)state;
    tape_load("GET /runs?additional_metadata=a:1 -> 200 1\n"
              "GET /runs?additional_metadata=a:1&additional_metadata=b:2 -> 200 'or'\n"
              "GET /runs?additional_metadata=a:1&additional_metadata=b:2&additional_metadata_operator=AND -> "
              "200 'and'\n");
    tape_answers("GET /runs?additional_metadata=a:1&additional_metadata_operator=AND", "1");
    tape_answers("GET /runs?additional_metadata=a:1&additional_metadata=a:1&additional_metadata_operator=AND",
                 "1");
    tape_answers("GET /runs?additional_metadata=b:2&additional_metadata=a:1&additional_metadata_operator=OR",
                 "'or'");
    tape_answers("GET /runs?additional_metadata=b:2&additional_metadata=a:1&additional_metadata_operator=AND",
                 "'and'");
    tape_lacks("GET /runs?additional_metadata=b:2&additional_metadata=a:1&additional_metadata_operator=and");
}

// --- times ----------------------------------------------------------------------------------------------

static void values_of_times_do_not_decide(void **state) {
    (void)state;
    tape_load("GET /runs?since=2026-11-20T06%3A00%3A00Z&until=2026-11-21T06%3A00%3A00Z -> 200 1\n"
              "GET /points?createdAfter=2026-11-20T06%3A00%3A00Z&finishedBefore=2026-11-21T06%3A00%3A00Z -> "
              "200 2\n");
    tape_answers("GET /runs?since=2020-01-01T00:00:00.5%2B02:00&until=2021-01-01", "1");
    tape_answers("GET /points?createdAfter=2020-01-01&finishedBefore=2021-01-01", "2");
}

static void whether_there_is_a_start_decides(void **state) {
    (void)state;
    tape_load("GET /runs?since=2026-11-20T06%3A00%3A00Z -> 200 1\n"
              "GET /all -> 200 2\n");
    tape_answers("GET /runs?since=2026-11-20T06:00:00Z", "1");
    tape_lacks("GET /runs");
    tape_lacks("GET /runs?until=2026-11-21T06:00:00Z");
    tape_lacks("GET /runs?createdAfter=2026-11-20T06:00:00Z");
    tape_lacks("GET /all?since=2026-11-20T06:00:00Z");
}

static void the_end_may_be_absent_on_either_side(void **state) {
    (void)state;
    tape_load("GET /a?since=2026-11-20T06%3A00%3A00Z -> 200 1\n"
              "GET /b?since=2026-11-20T06%3A00%3A00Z&until=2026-11-21T06%3A00%3A00Z -> 200 2\n");
    tape_answers("GET /a?since=2026-11-20T06:00:00Z&until=2026-11-20T07:00:00Z", "1");
    tape_answers("GET /b?since=2026-11-20T06:00:00Z", "2");
}

static void a_time_that_cannot_be_read_equals_only_itself(void **state) {
    (void)state;
    tape_load("GET /runs?since=yesterday -> 400 'bad'\n"
              "GET /runs?since=2026-11-20T06%3A00%3A00Z -> 200 'good'\n");
    tape_answers("GET /runs?since=yesterday", "'bad'");
    tape_answers("GET /runs?since=2026-11-20T06:00:00Z", "'good'");
    tape_lacks("GET /runs?since=today");
    tape_lacks("GET /runs");
}

// The clock of this tape stands at 06:00:04.
#define WINDOWS                                                                                              \
    "GET /runs?since=2026-11-20T06%3A00%3A00Z&until=2026-11-21T06%3A00%3A00Z -> 200 'a day'\n"               \
    "GET /runs?since=2026-11-21T05%3A00%3A00Z&until=2026-11-21T06%3A00%3A00Z -> 200 'an hour'\n"             \
    "GET /runs?since=2026-11-21T05%3A50%3A00Z&until=2026-11-21T05%3A55%3A00Z -> 200 'five minutes, "         \
    "before'\n"                                                                                              \
    "GET /runs?since=2026-11-21T05%3A50%3A00Z -> 200 'ten minutes, till now'\n"

static void in_a_still_file_the_nearest_window_answers(void **state) {
    (void)state;
    tape_load(WINDOWS);
    tape_answers("GET /runs?since=2026-11-20T06:00:00Z", "'a day'");
    tape_answers("GET /runs?since=2026-11-14T06:00:00Z", "'a day'");
    tape_answers("GET /runs?since=2026-11-21T04:59:00Z&until=2026-11-21T06:00:00Z", "'an hour'");
    tape_answers("GET /runs?since=2026-11-21T05:50:00Z", "'ten minutes, till now'");
    tape_answers("GET /runs?since=2026-11-21T05:50:00Z&until=2026-11-21T05:56:00Z", "'five minutes, before'");
}

static void an_absent_end_is_the_clock_of_playback(void **state) {
    (void)state;
    tape_load("GET /logs?until=2026-11-21T06%3A00%3A00Z -> 200 'then'\n"
              "GET /logs?until=2026-11-21T07%3A00%3A00Z -> 200 'later'\n");
    tape_answers("GET /logs", "'then'");
    tape_slept = INT64_C(3600) * 1000000;
    tape_answers("GET /logs", "'later'");
}

static void windows_within_a_second_are_the_same(void **state) {
    (void)state;
    tape_load("GET /runs?limit=10&since=2026-11-21T05%3A00%3A00.000Z -> 200 'ten'\n"
              "GET /runs?limit=50&since=2026-11-21T05%3A00%3A01.000Z -> 200 'fifty'\n"
              "GET /runs?limit=90&since=2026-11-21T05%3A00%3A01.001Z -> 200 'ninety'\n");
    tape_answers("GET /runs?limit=10&since=2026-11-21T05:00:00Z", "'ten'");
    tape_answers("GET /runs?limit=50&since=2026-11-21T05:00:00Z", "'fifty'");
    tape_lacks("GET /runs?limit=90&since=2026-11-21T05:00:00Z");
}

static void the_window_is_chosen_before_the_limit_is_looked_at(void **state) {
    (void)state;
    tape_load("GET /runs?limit=50&since=2026-11-20T06%3A00%3A00Z -> 200 'a day'\n"
              "GET /runs?limit=10&since=2026-11-21T05%3A00%3A00Z -> 200 'an hour'\n");
    tape_answers("GET /runs?limit=50&since=2026-11-20T06:00:00Z", "'a day'");
    tape_lacks("GET /runs?limit=50&since=2026-11-21T05:00:00Z");
}

// --- limit ----------------------------------------------------------------------------------------------

static void an_equal_limit_goes_first(void **state) {
    (void)state;
    tape_load("GET /runs?limit=50 -> 200 {'rows':[1,2]}\n"
              "GET /runs?limit=1 -> 200 {'rows':[1]}\n"
              "GET /runs?limit=ten -> 400 'bad'\n"
              "GET /runs -> 200 'default'\n");
    tape_answers("GET /runs?limit=1", "{'rows':[1]}");
    tape_answers("GET /runs?limit=50", "{'rows':[1,2]}");
    tape_answers("GET /runs?limit=ten", "'bad'");
    tape_answers("GET /runs", "'default'");
}

static void a_whole_list_serves_every_limit_above_its_rows(void **state) {
    (void)state;
    tape_load("GET /runs?limit=50 -> 200 {'pagination':{'rows':[]},'rows':[{'a':[]},2]}\n"
              "GET /names?limit=50 -> 200 [1,[2,3]]\n"
              "GET /none?limit=50 -> 200 {'rows':[]}\n");
    tape_answers("GET /runs?limit=3", "{'pagination':{'rows':[]},'rows':[{'a':[]},2]}");
    tape_answers("GET /runs?limit=1000", "{'pagination':{'rows':[]},'rows':[{'a':[]},2]}");
    tape_lacks("GET /runs?limit=2"); // might have a next page
    tape_lacks("GET /runs?limit=x");
    tape_lacks("GET /runs");
    tape_answers("GET /names?limit=3", "[1,[2,3]]");
    tape_answers("GET /none?limit=1", "{'rows':[]}");
    tape_lacks("GET /none?limit=0");
}

static void what_may_not_be_whole_serves_only_its_own_limit(void **state) {
    (void)state;
    tape_load("GET /full?limit=2 -> 200 {'rows':[1,2]}\n"
              "GET /object?limit=50 -> 200 {'row':[]}\n"
              "GET /text?limit=50 -> 200 'rows'\n"
              "GET /null?limit=50 -> 200 {'rows':null}\n"
              "GET /empty?limit=50 -> 200 \n"
              "GET /broken?limit=50 -> 200 {'rows':[1,\n"
              "GET /plain -> 200 {'rows':[]}\n");
    tape_lacks("GET /full?limit=3");
    tape_lacks("GET /object?limit=51");
    tape_lacks("GET /text?limit=51");
    tape_lacks("GET /null?limit=51");
    tape_lacks("GET /empty?limit=51");
    tape_lacks("GET /broken?limit=51");
    tape_lacks("GET /plain?limit=50");
}

// --- body -----------------------------------------------------------------------------------------------

static void a_body_is_equal_as_json(void **state) {
    (void)state;
    tape_load("POST /x {'a': 1, 'b': [true, 'x'], 'c': 9007199254740993} -> 400 1\n");
    tape_answers("POST /x {'c':9007199254740993,'b':[true,'\\u0078'],'a':1.0}", "1");
    tape_lacks("POST /x {'c':9007199254740992,'b':[true,'x'],'a':1}");
    tape_lacks("POST /x {'c':9007199254740993,'b':['x',true],'a':1}");
    tape_lacks("POST /x {'c':9007199254740993,'b':[true,'x'],'a':'1'}");
    tape_lacks("POST /x {'c':9007199254740993,'b':[true,'x'],'a':1,'d':0}");
    tape_lacks("POST /x {'c':9007199254740993,'b':[true,'x']}");
    tape_lacks("POST /x");
}

static void nothing_is_absent_null_or_an_empty_container(void **state) {
    (void)state;
    static const char *const nothing[] = {"", "null", "{}", "[]", "{'a':null}", "{'a':{'b':[]}}"};
    char line[128];
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        snprintf(line, sizeof line, "POST /x %s -> 400 1\n", nothing[i]);
        tape_load(line);
        for (size_t k = 0; k < sizeof nothing / sizeof *nothing; k++) {
            snprintf(line, sizeof line, "POST /x %s", nothing[k]);
            tape_answers(line, "1");
        }
        tape_lacks("POST /x 0");
        tape_lacks("POST /x false");
        tape_lacks("POST /x ''");
        tape_lacks("POST /x [null]");
        tape_lacks("POST /x {'a':''}");
    }
}

static void nothing_is_nothing_at_every_depth(void **state) {
    (void)state;
    tape_load("POST /x {'input': {}, 'list': [{'a': null}, 2], 'note': null} -> 400 1\n");
    tape_answers("POST /x {'list':[{},2]}", "1");
    tape_answers("POST /x {'list':[[],2],'input':[]}", "1");
    tape_lacks("POST /x {'list':[2]}");
}

static void times_are_equal_as_instants(void **state) {
    (void)state;
    tape_load("POST /x {'triggerAt': '2027-05-01T09:00:00+09:00', 'many': ['2027-05-01T00:00:00.500Z']} -> "
              "400 1\n");
    tape_answers("POST /x {'triggerAt':'2027-05-01T00:00:00Z','many':['2027-04-30T22:00:00.5-02:00']}", "1");
    tape_lacks("POST /x {'triggerAt':'2027-05-01T00:00:01Z','many':['2027-05-01T00:00:00.500Z']}");
    tape_lacks("POST /x {'triggerAt':'tomorrow','many':['2027-05-01T00:00:00.500Z']}");
}

static void a_list_of_ids_is_a_set(void **state) {
    (void)state;
    tape_load("POST /x {'ids': ['23b8d91d-8f61-4f92-9e27-6ef223feaad9', "
              "'774e96db-c765-41f7-9e18-10fa91788f6c']} -> 400 1\n"
              "POST /y {'names': ['b', 'a']} -> 400 2\n");
    tape_answers(
        "POST /x {'ids':['774e96db-c765-41f7-9e18-10fa91788f6c','23b8d91d-8f61-4f92-9e27-6ef223feaad9',"
        "'774e96db-c765-41f7-9e18-10fa91788f6c']}",
        "1");
    tape_lacks("POST /x {'ids':['774e96db-c765-41f7-9e18-10fa91788f6c']}");
    tape_lacks(
        "POST /x {'ids':['774e96db-c765-41f7-9e18-10fa91788f6c','23b8d91d-8f61-4f92-9e27-6ef223feaad8']}");
    tape_lacks("POST /y {'names':['a','b']}");
}

static void times_inside_a_filter_do_not_decide(void **state) {
    (void)state;
    tape_load("POST /x {'filter': {'since': '2026-11-21T05:30:23Z', 'statuses': ['RUNNING']}} -> 400 1\n");
    tape_answers("POST /x {'filter':{'since':'2026-11-20T00:00:00Z','statuses':['RUNNING']}}", "1");
    tape_answers("POST /x {'filter':{'until':'2026-11-20T00:00:00Z','statuses':['RUNNING']}}", "1");
    tape_answers("POST /x {'filter':{'statuses':['RUNNING']}}", "1");
    tape_answers(
        "POST /x "
        "{'filter':{'since':'2026-11-20T00:00:00Z','until':'2026-11-21T00:00:00Z','statuses':['RUNNING']}}",
        "1");
    tape_lacks("POST /x {'filter':{'statuses':['RUNNING'],'limit':5}}");
    tape_lacks("POST /x {'filter':{'since':'yesterday','statuses':['RUNNING']}}");
    tape_lacks("POST /x {'filter':{'since':'2026-11-21T05:30:23Z','statuses':['FAILED']}}");
    tape_lacks("POST /x {'since':'2026-11-21T05:30:23Z','filter':{'statuses':['RUNNING']}}");
    tape_load("POST /x {'filter': {'since': '2026-11-21T05:30:23Z'}} -> 400 1\n");
    tape_lacks("POST /x {'filter':{}}"); // a filter of nothing but times still is one
    tape_lacks("POST /x");
}

static void what_is_not_json_is_equal_byte_for_byte(void **state) {
    (void)state;
    tape_load("POST /x {not json -> 400 1\n"
              "POST /y {'a':1,'a':2} -> 400 2\n"
              "POST /z {'a':2} -> 400 3\n");
    tape_answers("POST /x {not json", "1");
    tape_lacks("POST /x {not  json");
    tape_lacks("POST /x {}");
    tape_lacks("POST /x");
    tape_answers("POST /y {'a':1,'a':2}", "2");
    tape_lacks("POST /y {'a':2}"); // a member that is named twice: nobody can say what it means
    tape_lacks("POST /z {'a':1,'a':2}");
    tape_lacks("POST /z {'a':2");
}

// A body of `depth` objects in one another, with a list beside each.
static void put_deep(char *out, int depth, int last) {
    char *at = out;
    for (int i = 0; i < depth; i++) at += sprintf(at, "{'list':[1],'a':");
    at += sprintf(at, "%d", last);
    for (int i = 0; i < depth; i++) *at++ = '}';
    *at = '\0';
}

// Comparing takes one look at each value: this test would not end if it took two at each level.
static void a_deep_body_is_compared_once(void **state) {
    (void)state;
    char body[4096], line[4200];
    put_deep(body, 100, 1);
    snprintf(line, sizeof line, "POST /x %s -> 400 1\n", body);
    tape_load(line);
    snprintf(line, sizeof line, "POST /x %s", body);
    tape_answers(line, "1");
    put_deep(body, 100, 2);
    snprintf(line, sizeof line, "POST /x %s", body);
    tape_lacks(line);
}

static void a_get_can_have_a_body_too(void **state) {
    (void)state;
    tape_load("GET /x {'a':1} -> 200 1\n"
              "GET /x -> 200 2\n");
    tape_answers("GET /x", "2");
    tape_answers("GET /x {'a':1}", "1");
}

// --- credentials ----------------------------------------------------------------------------------------

static void a_recording_with_a_key_of_its_own_needs_a_request_with_one(void **state) {
    (void)state;
    tape_load("POST /hooks/shop {'a':1} -> 200 'taken'\n"
              "POST /open {'a':1} -> 200 'open'\n");
    tape_lacks("POST /hooks/shop {'a':1}");
    tape_answers("POST /open {'a':1}", "'open'");
    tape_has_credential = true;
    tape_answers("POST /hooks/shop {'a':1}", "'taken'");
    tape_answers("POST /open {'a':1}", "'open'");
}

// --- state ----------------------------------------------------------------------------------------------

static void a_still_file_always_gives_its_one_answer(void **state) {
    (void)state;
    tape_load("GET /a -> 200 1\n"
              "POST /deprecated -> 400 'no'\n" // a refused write changes nothing
              "GET /a -> 200 2\n"
              "POST /cel/debug {'x':1} -> 200 'true'\n" // a read that is spelt as POST
              "GET /a -> 200 3\n");
    for (int i = 0; i < 3; i++) {
        tape_answers("GET /a", "1");
        tape_answers("POST /cel/debug {'x':1}", "'true'");
        tape_answers("POST /deprecated", "'no'");
    }
}

static void in_a_changing_file_a_repeated_read_gets_the_next_recording(void **state) {
    (void)state;
    tape_load("GET /status -> 200 'QUEUED'\n"
              "GET /status -> 200 'RUNNING'\n"
              "GET /status -> 200 'COMPLETED'\n"
              "POST /cancel -> 200 {}\n");
    tape_answers("GET /status", "'QUEUED'");
    tape_answers("GET /status", "'RUNNING'");
    tape_answers("GET /status", "'COMPLETED'");
    tape_answers("GET /status", "'COMPLETED'"); // the last one for good
    tape_answers("GET /status", "'COMPLETED'");
}

static void each_read_is_repeated_for_itself(void **state) {
    (void)state;
    tape_load("GET /a -> 200 'a1'\n"
              "GET /b -> 200 'b1'\n"
              "GET /a -> 200 'a2'\n"
              "GET /b -> 200 'b2'\n"
              "DELETE /a -> 204 \n");
    tape_answers("GET /a", "'a1'");
    tape_answers("GET /b", "'b1'");
    tape_answers("GET /b", "'b2'");
    tape_answers("GET /a", "'a2'");
}

#define TWO_WRITES                     \
    "GET /run -> 200 'before'\n"       \
    "GET /early -> 200 'early'\n"      \
    "POST /cancel {'id':1} -> 200 1\n" \
    "GET /run -> 200 'stopping'\n"     \
    "GET /run -> 200 'cancelled'\n"    \
    "POST /replay {'id':1} -> 200 2\n" \
    "GET /run -> 200 'again'\n"        \
    "GET /late -> 200 'late'\n"

static void a_write_moves_playback_to_the_stretch_behind_it(void **state) {
    (void)state;
    tape_load(TWO_WRITES);
    tape_answers("GET /run", "'before'");
    tape_answers("POST /cancel {'id':1}", "1");
    tape_answers("GET /run", "'stopping'");
    tape_answers("GET /run", "'cancelled'");
    tape_answers("POST /replay {'id':1}", "2");
    tape_answers("GET /run", "'again'");
}

static void writes_may_be_left_out(void **state) {
    (void)state;
    tape_load(TWO_WRITES);
    tape_answers("POST /replay {'id':1}", "2");
    tape_answers("GET /run", "'again'");
}

static void a_stretch_without_the_read_gives_the_latest_before_else_the_first_after(void **state) {
    (void)state;
    tape_load(TWO_WRITES);
    tape_answers("GET /late", "'late'");
    tape_answers("POST /replay {'id':1}", "2");
    tape_answers("GET /early", "'early'");
    tape_load("GET /a -> 200 1\n"
              "GET /a -> 200 2\n"
              "POST /x -> 200 {}\n"
              "POST /y -> 200 {}\n"
              "GET /b -> 200 3\n"
              "GET /b -> 200 4\n");
    tape_answers("GET /b", "3");
    tape_answers("GET /b", "3"); // what is not of this stretch does not move on
    tape_answers("POST /x", "{}");
    tape_answers("GET /a", "2");
    tape_answers("GET /a", "2");
}

static void a_write_is_the_first_equal_one_behind_the_place_else_the_last_one_before(void **state) {
    (void)state;
    tape_load("POST /x {'n':1} -> 200 'first'\n"
              "GET /a -> 200 1\n"
              "POST /x {'n':2} -> 200 'other'\n"
              "GET /a -> 200 2\n"
              "POST /x {'n':1} -> 409 'second'\n"
              "GET /a -> 200 3\n"
              "DELETE /a -> 204 \n"
              "GET /a -> 404 4\n");
    tape_answers("POST /x {'n':1}", "'first'");
    tape_answers("POST /x {'n':1}", "'second'");
    tape_answers("GET /a", "3");
    tape_answers("POST /x {'n':1}", "'second'"); // none is left: the last one before, again
    tape_answers("GET /a", "3");
    tape_answers("DELETE /a", "");
    tape_answers("POST /x {'n':1}", "'second'");
    tape_answers("GET /a", "3"); // and there playback stands
    tape_answers("POST /x {'n':2}", "'other'");
    tape_answers("POST /x {'n':1}", "'second'");
}

static void a_stretch_that_is_entered_again_begins_again(void **state) {
    (void)state;
    tape_load("PATCH /worker {'isPaused':true} -> 200 {}\n"
              "GET /worker -> 200 'ACTIVE'\n"
              "GET /worker -> 200 'PAUSED'\n");
    for (int i = 0; i < 2; i++) {
        tape_answers("PATCH /worker {'isPaused':true}", "{}");
        tape_answers("GET /worker", "'ACTIVE'");
        tape_answers("GET /worker", "'PAUSED'");
        tape_answers("GET /worker", "'PAUSED'");
    }
}

static void refused_writes_cut_a_changing_file_too(void **state) {
    (void)state;
    tape_load("GET /a -> 200 1\n"
              "POST /x -> 400 'no'\n"
              "GET /a -> 200 2\n"
              "POST /y -> 200 'yes'\n");
    tape_answers("POST /x", "'no'");
    tape_answers("GET /a", "2");
}

static void in_a_changing_file_the_order_decides_and_not_the_window(void **state) {
    (void)state;
    tape_load("GET /runs?since=2026-01-01T00%3A00%3A00Z -> 200 'first'\n"
              "GET /runs?since=2026-11-20T06%3A00%3A00Z -> 200 'second'\n"
              "POST /x -> 200 {}\n");
    tape_answers("GET /runs?since=2026-11-20T06:00:00Z", "'first'");
    tape_answers("GET /runs?since=2026-11-20T06:00:01Z", "'second'");
}

static void in_a_changing_file_each_stretch_looks_at_the_limit_by_itself(void **state) {
    (void)state;
    tape_load("GET /runs?limit=100 -> 200 {'rows':[1,2,3]}\n"
              "POST /cancel -> 200 {}\n"
              "GET /runs?limit=50 -> 200 {'rows':[1]}\n"
              "GET /runs?limit=50 -> 200 {'rows':[]}\n"
              "POST /more -> 200 {}\n"
              "GET /runs?limit=1 -> 200 {'rows':[9]}\n");
    tape_answers("GET /runs?limit=50", "{'rows':[1,2,3]}");
    tape_answers("POST /cancel", "{}");
    tape_answers("GET /runs?limit=100", "{'rows':[1]}"); // what is true now, though the other has this limit
    tape_answers("GET /runs?limit=100", "{'rows':[]}");
    tape_answers("POST /more", "{}");
    tape_answers("GET /runs?limit=100",
                 "{'rows':[]}"); // the list of this stretch is not whole: the one before
    tape_answers("GET /runs?limit=1", "{'rows':[9]}");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(method_and_path_are_equal_byte_for_byte, tape_teardown),
        cmocka_unit_test_teardown(an_address_without_a_path_is_the_root, tape_teardown),
        cmocka_unit_test_teardown(the_query_is_compared_decoded, tape_teardown),
        cmocka_unit_test_teardown(the_query_is_a_set, tape_teardown),
        cmocka_unit_test_teardown(defaults_of_the_engine_are_as_good_as_absent, tape_teardown),
        cmocka_unit_test_teardown(other_values_of_the_same_names_decide, tape_teardown),
        cmocka_unit_test_teardown(the_metadata_operator_decides_from_two_pairs_on, tape_teardown),
        cmocka_unit_test_teardown(values_of_times_do_not_decide, tape_teardown),
        cmocka_unit_test_teardown(whether_there_is_a_start_decides, tape_teardown),
        cmocka_unit_test_teardown(the_end_may_be_absent_on_either_side, tape_teardown),
        cmocka_unit_test_teardown(a_time_that_cannot_be_read_equals_only_itself, tape_teardown),
        cmocka_unit_test_teardown(in_a_still_file_the_nearest_window_answers, tape_teardown),
        cmocka_unit_test_teardown(an_absent_end_is_the_clock_of_playback, tape_teardown),
        cmocka_unit_test_teardown(windows_within_a_second_are_the_same, tape_teardown),
        cmocka_unit_test_teardown(the_window_is_chosen_before_the_limit_is_looked_at, tape_teardown),
        cmocka_unit_test_teardown(an_equal_limit_goes_first, tape_teardown),
        cmocka_unit_test_teardown(a_whole_list_serves_every_limit_above_its_rows, tape_teardown),
        cmocka_unit_test_teardown(what_may_not_be_whole_serves_only_its_own_limit, tape_teardown),
        cmocka_unit_test_teardown(a_body_is_equal_as_json, tape_teardown),
        cmocka_unit_test_teardown(nothing_is_absent_null_or_an_empty_container, tape_teardown),
        cmocka_unit_test_teardown(nothing_is_nothing_at_every_depth, tape_teardown),
        cmocka_unit_test_teardown(times_are_equal_as_instants, tape_teardown),
        cmocka_unit_test_teardown(a_list_of_ids_is_a_set, tape_teardown),
        cmocka_unit_test_teardown(times_inside_a_filter_do_not_decide, tape_teardown),
        cmocka_unit_test_teardown(what_is_not_json_is_equal_byte_for_byte, tape_teardown),
        cmocka_unit_test_teardown(a_deep_body_is_compared_once, tape_teardown),
        cmocka_unit_test_teardown(a_get_can_have_a_body_too, tape_teardown),
        cmocka_unit_test_teardown(a_recording_with_a_key_of_its_own_needs_a_request_with_one, tape_teardown),
        cmocka_unit_test_teardown(a_still_file_always_gives_its_one_answer, tape_teardown),
        cmocka_unit_test_teardown(in_a_changing_file_a_repeated_read_gets_the_next_recording, tape_teardown),
        cmocka_unit_test_teardown(each_read_is_repeated_for_itself, tape_teardown),
        cmocka_unit_test_teardown(a_write_moves_playback_to_the_stretch_behind_it, tape_teardown),
        cmocka_unit_test_teardown(writes_may_be_left_out, tape_teardown),
        cmocka_unit_test_teardown(a_stretch_without_the_read_gives_the_latest_before_else_the_first_after,
                                  tape_teardown),
        cmocka_unit_test_teardown(a_write_is_the_first_equal_one_behind_the_place_else_the_last_one_before,
                                  tape_teardown),
        cmocka_unit_test_teardown(a_stretch_that_is_entered_again_begins_again, tape_teardown),
        cmocka_unit_test_teardown(refused_writes_cut_a_changing_file_too, tape_teardown),
        cmocka_unit_test_teardown(in_a_changing_file_the_order_decides_and_not_the_window, tape_teardown),
        cmocka_unit_test_teardown(in_a_changing_file_each_stretch_looks_at_the_limit_by_itself,
                                  tape_teardown),
    };
    return cmocka_run_group_tests_name("which recording answers", tests, NULL, NULL);
}
