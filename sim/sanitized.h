// Whether the address sanitizer is in this build; then with its interface.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define ATOMA_SIM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ATOMA_SIM_SANITIZED 1
#endif
#endif
#ifdef ATOMA_SIM_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif
