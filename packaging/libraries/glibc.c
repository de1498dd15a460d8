// What the host asks of glibc that is younger than the glibc of the portable binary: explicit_bzero (2.25), under
// the name that it has with _FORTIFY_SOURCE too.
#include <string.h>

void explicit_bzero(void *memory, size_t size);
void __explicit_bzero_chk(void *memory, size_t size, size_t room);

void explicit_bzero(void *memory, size_t size) {
    memset(memory, 0, size);
    __asm__ volatile("" : : "r"(memory) : "memory"); // it is read after this, as far as the compiler knows
}

void __explicit_bzero_chk(void *memory, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    explicit_bzero(memory, size);
}
