// The parts of hatchway doctor: a list of findings, and who looks at what.
#ifndef HATCHWAY_COMMAND_DOCTOR_H
#define HATCHWAY_COMMAND_DOCTOR_H

#include "command/host.h"

typedef enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_BROKEN, DOCTOR_SKIPPED } doctor_state;

typedef struct doctor_finding {
    const char *name; // what was looked at: one word
    doctor_state state;
    buf found, mend; // sentences; nothing to mend: empty
} doctor_finding;

#define DOCTOR_FINDINGS 64 // what is more is counted, not shown

typedef struct doctor {
    command_options *options;
    command_host host;
    bool ready;               // the environment is right: requests can be sent, or played
    buf fault;                // of the configuration file
    buf problem;              // why it is not ready
    bool url_by_profile;      // HATCHET_CLIENT_SERVER_URL is what the profile says
    bool has_access_variable; // HATCHET_MCP_READ_ONLY is set
    doctor_finding findings[DOCTOR_FINDINGS];
    size_t count;
} doctor;

// Notes a finding; it lives as long as the doctor.
doctor_finding *doctor_note(doctor *d, const char *name, doctor_state state, const char *format, ...)
    BASE_PRINTF(4, 5);
void doctor_mend(doctor_finding *finding, const char *format, ...) BASE_PRINTF(2, 3);

void doctor_look_here(doctor *d);  // configuration, token, server, access, libcurl, overlays (doctor_here.c)
void doctor_look_there(doctor *d); // the way to Hatchet, its clock, the tenant, the engine (doctor_there.c)

#endif
