// Bytes that the allocator has given out and not got back.
#pragma once

#ifdef __APPLE__
#include <malloc/malloc.h>

static inline long allocated(void) {
    malloc_statistics_t told;
    malloc_zone_statistics(0, &told);
    return (long)told.size_in_use;
}
#else
#include <malloc.h>

static inline long allocated(void) {
    struct mallinfo2 told = mallinfo2();
    return (long)(told.uordblks + told.hblkhd);
}
#endif
