# CMake toolchain: the C compiler of zig, which brings the headers and the symbols of every glibc.
#
#   -DZIG_ROOT=FOLDER   where zig and the commands zig-ar and zig-ranlib are
#   -DZIG_CPU=x86_64    or aarch64
#   -DZIG_GLIBC=2.17    the oldest glibc that the binary is to run on
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${ZIG_CPU})
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG_ROOT ZIG_CPU ZIG_GLIBC)

set(CMAKE_C_COMPILER ${ZIG_ROOT}/zig cc -target ${ZIG_CPU}-linux-gnu.${ZIG_GLIBC})
set(CMAKE_AR ${ZIG_ROOT}/zig-ar)
set(CMAKE_RANLIB ${ZIG_ROOT}/zig-ranlib)
