// libcurl, opened at run time: it loads thirty shared objects and takes ten milliseconds, which neither the
// start nor the loop should pay. The functions that are used stand in one table; types and constants come
// from curl's own header.
#ifndef HATCHWAY_UPSTREAM_CURL_API_H
#define HATCHWAY_UPSTREAM_CURL_API_H

#include <curl/curl.h>
#include <stdbool.h>

typedef struct curl_api {
    CURLcode (*global_init)(long);
    char *(*version)(void);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    void (*easy_cleanup)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_socket_action)(CURLM *, curl_socket_t, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    CURLMcode (*multi_cleanup)(CURLM *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} curl_api;

// Opens the library, once; may be called on another thread. NULL on success, else what dlopen says.
const char *curl_api_open(curl_api *api);

#endif
