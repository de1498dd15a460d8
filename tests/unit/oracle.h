// jansson, another JSON reader, to check our own against. What both call by the same name is moved out of the
// way; so its macros json_is_object(), json_is_string() and so on must not be used: ask json_typeof() for
// JANSSON_….
#ifndef HATCHWAY_TESTS_ORACLE_H
#define HATCHWAY_TESTS_ORACLE_H

#define json_type jansson_type
#define json_string jansson_string
#define json_equal jansson_equal
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL JANSSON_REAL
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef json_type
#undef json_string
#undef json_equal
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

#endif
