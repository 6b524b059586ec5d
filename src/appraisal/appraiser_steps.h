// Steps of the appraiser that every TEE goes through. Private to appraisal.
#pragma once

#include "atoma/appraisal/appraiser.h"

namespace atoma::appraisal {

// The 64 bytes that hardware signed against those that the relying party expects.
void check_report_data(const Policy& policy, const Request& request, ByteView report_data,
                       evidence::Findings& findings);
// The same for fields of any length: shorter ones are padded with zeros to 64 bytes.
void check_padded_report_data(const Policy& policy, const Request& request, ByteView field,
                              evidence::Findings& findings);

}  // namespace atoma::appraisal
