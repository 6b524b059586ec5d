#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include "atoma/appraisal/policy.h"
#include "atoma/base/limits.h"
#include "atoma/collateral/fetcher.h"
#include "atoma/collateral/sets.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/wire/json_writer.h"
#include "command.h"
#include "server/collateral_keeper.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

using collateral::Fetcher;
using collateral::Freshness;
using collateral::ItemStatus;
using collateral::Store;

struct Options {
  std::string store, to, from, policy, at;
  std::vector<std::string> urls;
  server::FetchOptions fetch;
  std::int64_t wait_s = 60;
  bool refresh = false;
};

// The real one, or one that stands.
class CommandClock final : public Clock {
 public:
  explicit CommandClock(std::optional<Time> standing = std::nullopt) : standing_(standing) {}
  Time now() const override { return standing_.value_or(SystemClock().now()); }

 private:
  std::optional<Time> standing_;
};

Result<std::optional<Time>> time_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  ATOMA_TRY(const Time at, parse_time(text));
  return at;
}

// Vendors' roots, and those of software that a policy names.
Result<evidence::TrustAnchors> anchors_of(const std::string& policy_file) {
  evidence::TrustAnchors out;
  if (policy_file.empty()) return out;
  ATOMA_TRY(const auto text,
            store::read_file(store::posix_file_system(), policy_file, limits::kPolicyMax));
  ATOMA_TRY(const auto policy, appraisal::parse_policy(as_text(text)));
  if (policy.sample) out.sample_roots = policy.sample->roots;
  return out;
}

// What commands have in common: a store, whom to believe, what time it is.
struct Session {
  evidence::TrustAnchors anchors;
  std::unique_ptr<Store> store;
  CommandClock clock;
  crypto::SystemEntropy entropy;

  static Result<std::unique_ptr<Session>> open(const Options& options, Store::Access access) {
    auto out = std::make_unique<Session>();
    ATOMA_TRY(out->anchors, anchors_of(options.policy));
    ATOMA_TRY(const auto at, time_of(options.at));
    out->clock = CommandClock(at);
    ATOMA_TRY(out->store, Store::open(store::posix_file_system(), options.store, access));
    return out;
  }
};

std::string paint(const Context& context, Freshness freshness) {
  const std::string name(collateral::freshness_name(freshness));
  const std::string padded = name + std::string(8 - name.size(), ' ');
  if (freshness == Freshness::kFresh) return context.good(padded);
  return freshness == Freshness::kStale ? context.warn(padded) : context.bad(padded);
}

void print_status(Context& context, const std::vector<ItemStatus>& items, Time now) {
  if (context.json) {
    std::printf("%s\n", server::collateral_status_json(items, now).c_str());
    return;
  }
  for (const auto& item : items) {
    std::string text;
    if (item.fetched_at) text = "until " + format_time(item.window.not_after);
    if (item.sample) text += ", SAMPLE";
    std::printf("%s  %s  %s\n", paint(context, item.freshness).c_str(), item.name.c_str(),
                context.dim(text).c_str());
    if (item.error_reason.empty()) continue;
    std::printf("          %s: %s\n", std::string(item.error_reason).c_str(), item.error.c_str());
  }
  if (items.empty()) std::printf("nothing is there and nothing is wanted\n");
}

// 0: all is good; 3: something is not there or no longer good.
void finish(Context& context, const Fetcher& fetcher, Time now) {
  const auto items = fetcher.status();
  print_status(context, items, now);
  const bool good = std::ranges::all_of(
      items, [](const ItemStatus& item) { return item.freshness >= Freshness::kStale; });
  context.exit_code = good ? kExitOk : kExitUnappraisable;
}

// Rounds, until nothing is due before `wait_s` are over: AMD answers one request in ten seconds.
void run_rounds(Fetcher& fetcher, const Clock& clock, std::int64_t wait_s) {
  const Time end = clock.now() + Duration{wait_s};
  for (;;) {
    const auto round = fetcher.run_due({});
    const Time now = clock.now();
    if (round.next > end || now > end) return;
    std::this_thread::sleep_for(
        std::chrono::seconds(std::max<std::int64_t>(round.next.unix_s - now.unix_s, 1)));
  }
}

void fetch(Context& context, const Options& options) {
  collateral::Endpoints endpoints;
  for (const auto& url : options.urls) {
    if (const auto set = endpoints.set(url); !set) return context.report(set.error());
  }
  auto session = Session::open(options, Store::Access::kWrite);
  if (!session) return context.report(session.error());
  auto authorities = server::load_authorities(options.fetch);
  if (!authorities) return context.report(authorities.error());
  Fetcher fetcher({.endpoints = endpoints,
                   .anchors = (*session)->anchors,
                   .authorities = *std::move(authorities)},
                  *(*session)->store, (*session)->clock, (*session)->entropy);
  const auto wanted = server::want_all(fetcher, options.fetch);
  if (!wanted) return context.report(wanted.error());
  if (options.refresh) {
    for (const auto& item : fetcher.status()) {
      const auto name = collateral::Item::parse(item.name);
      if (name) static_cast<void>(fetcher.fetch(*name));  // its status says how it went
    }
  }
  run_rounds(fetcher, (*session)->clock, options.wait_s);
  finish(context, fetcher, (*session)->clock.now());
}

void show_status(Context& context, const Options& options) {
  auto session = Session::open(options, Store::Access::kRead);
  if (!session) return context.report(session.error());
  const Fetcher fetcher({.endpoints = {}, .anchors = (*session)->anchors}, *(*session)->store,
                        (*session)->clock, (*session)->entropy);
  finish(context, fetcher, (*session)->clock.now());
}

void export_sets(Context& context, const Options& options) {
  auto session = Session::open(options, Store::Access::kRead);
  if (!session) return context.report(session.error());
  const Fetcher fetcher({.endpoints = {}, .anchors = (*session)->anchors}, *(*session)->store,
                        (*session)->clock, (*session)->entropy);
  const auto sets = collateral::make_sets(fetcher.good());
  if (sets.empty()) {
    return context.report(
        {Code::kNotFound, "collateral.nothing", options.store + " has nothing that is good now"},
        kExitUnappraisable);
  }
  if (const auto done = collateral::write_sets(options.to, sets); !done) {
    return context.report(done.error());
  }
  wire::JsonWriter out;
  out.begin_object().member("to", options.to).key("sets").begin_array();
  for (const auto& set : sets) {
    out.value(set.name);
    if (!context.json) std::printf("%s/%s\n", options.to.c_str(), set.name.c_str());
  }
  out.end_array().end_object();
  if (context.json) std::printf("%s\n", out.str().c_str());
}

// One outcome for each item: the same record may come in several sets.
struct Imported {
  std::map<std::string, std::string> taken;  // by name of item; "" or why not
  std::vector<std::string> unread;
};

Result<Imported> import_all(Session& session, const std::string& from) {
  ATOMA_TRY(const auto sets, collateral::read_sets(from));
  Imported out;
  const Time now = session.clock.now();
  for (const auto& set : sets) {
    auto records = collateral::records_of(set, now, out.unread);
    if (!records) {
      Error error = records.error();
      error.message = set.name + ": " + error.message;
      return std::unexpected(std::move(error));
    }
    for (auto& record : *records) {
      const std::string name = record.item.name();
      const auto admitted = session.store->admit(std::move(record), session.anchors, now);
      std::string& outcome = out.taken.try_emplace(name, "unset").first->second;
      if (admitted) {
        outcome = "";
      } else if (outcome == "unset") {
        outcome = admitted.error().to_string();
      }
    }
  }
  return out;
}

void import_sets(Context& context, const Options& options) {
  auto session = Session::open(options, Store::Access::kWrite);
  if (!session) return context.report(session.error());
  const auto imported = import_all(**session, options.from);
  if (!imported) return context.report(imported.error());
  wire::JsonWriter out;
  out.begin_object().key("items").begin_array();
  for (const auto& [name, why] : imported->taken) {
    out.begin_object().member("item", name).member("taken", why.empty()).member("why", why);
    out.end_object();
    if (!why.empty()) context.exit_code = kExitRefused;
    if (context.json) continue;
    std::printf("%s  %s\n",
                why.empty() ? context.good("taken  ").c_str() : context.bad("refused").c_str(),
                name.c_str());
    if (!why.empty()) std::printf("         %s\n", why.c_str());
  }
  out.end_array().key("unread").begin_array();
  for (const auto& file : imported->unread) {
    out.value(file);
    if (!context.json) std::printf("%s  %s\n", context.dim("unread ").c_str(), file.c_str());
  }
  out.end_array().end_object();
  if (context.json) std::printf("%s\n", out.str().c_str());
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma collateral fetch --store store --url intel=http://127.0.0.1:8081 --for quote.bin\n"
    "  atoma collateral fetch --store store --url amd=https://kdsintf.amd.com --item "
    "amd/crl/milan\n"
    "  atoma collateral status --store store --json\n"
    "  atoma collateral export --store store --to bundle/\n"
    "  atoma collateral import --store store bundle/\n"
    "  atoma verify quote.bin --collateral bundle/intel-tdx-00806f050000-platform\n"
    "Everything that comes in is checked against the vendors' pinned roots, and what is damaged,\n"
    "expired or older never replaces what is there. The network is used by fetch alone.\n"
    "Exit codes: 0 all is good, 1 an import was refused, 3 something is missing or expired.";

constexpr const char* kUrlHelp =
    "NAME=URL of a source: intel (PCS or PCCS), intel-root-crl, amd (KDS), nvidia-rim, "
    "nvidia-ocsp";

}  // namespace

void add_collateral(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "collateral", "Fetch, keep, export and import what vendors sign about their platforms");
  command->require_subcommand(1);
  command->footer(kFooter);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* what, void (*run)(Context&, const Options&)) {
    auto* sub = command->add_subcommand(name, what);
    sub->add_option("--store", options->store, "Folder of the store")->required();
    sub->add_option("--policy", options->policy, "Policy that names the roots of samples");
    sub->footer(kFooter);
    sub->callback([&context, options, run] { run(context, *options); });
    return sub;
  };
  auto* fetching = add("fetch", "Ask sources for what is missing or due", fetch);
  fetching->add_option("--url", options->urls, kUrlHelp);
  fetching->add_option("--ca", options->fetch.authorities_file,
                       "Authorities that are trusted for https, PEM (default: the system's)");
  fetching->add_option("--item", options->fetch.items,
                       "Names, like intel/tcb_info/tdx/00806f050000");
  fetching->add_option("--for", options->fetch.wanted_for,
                       "Evidence whose collateral is wanted: quote, report, device chain");
  fetching->add_option("--wait", options->wait_s, "Seconds to wait for slow or limited sources")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  fetching->add_flag("--refresh", options->refresh, "Ask again for what is still fresh");
  auto* showing = add("status", "How fresh everything is", show_status);
  auto* exporting = add("export", "Write folders that --collateral takes", export_sets);
  exporting->add_option("--to", options->to, "A folder that is new or empty")->required();
  auto* importing = add("import", "Take folders of collateral into the store", import_sets);
  importing->add_option("FROM", options->from, "A folder of sets, or a set")->required();
  for (auto* sub : {showing, exporting, importing}) {
    sub->add_option("--at", options->at, "The time to judge by (default: now)");
  }
}

}  // namespace atoma::app
