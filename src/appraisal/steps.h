// Steps that the appraisals of several TEEs share. Private to appraisal.
#pragma once

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/json_writer.h"
#include "tee_rule.h"

namespace atoma::appraisal {

void check_revocation(const Policy& policy, bool known, evidence::Findings& findings);

void describe_intel(const evidence::intel::Quote& quote, std::vector<Measurement>& out);
void describe_amd(const evidence::amd::ReportFields& report, std::vector<Measurement>& out);

// What stands for collateral that is not at hand.
const evidence::amd::Endorsements& no_endorsements();
const evidence::intel::Collateral& no_collateral();

SignedRegisters registers_of(const evidence::intel::TdReport& td);
void write_finding(wire::JsonWriter& out, const evidence::Finding& finding);
// Evidence without registers: a log beside it proves nothing.
void refuse_logs(const Request& request, evidence::Findings& findings);

}  // namespace atoma::appraisal
