// Forms that a client shows to a person: the schema of what is asked, and the check of what comes back (mcp
// 2025-11-25, elicitation).
#ifndef HATCHWAY_GUARD_FORM_H
#define HATCHWAY_GUARD_FORM_H

#include "base/json.h"

// Is it a flat object of texts, numbers, booleans and choices, with the words that such forms have? A form
// must not ask for a secret: names like "password" are refused. False and a sentence.
bool guard_form_check(const json_node *schema, buf *problem);

// Writes the form for a client of 2025-06-18, which knows no titled choices but `enumNames`. False: it has a
// field that such clients cannot show, a choice of several.
bool guard_form_put_older(const json_node *schema, buf *out);

// Writes what a person has filled in: the declared fields alone. False and sentences if they do not fit.
bool guard_form_take(const json_node *schema, const json_node *content, buf *out, buf *problem);

#endif
