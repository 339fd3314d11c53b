#include "bench/report/page.h"

#include "bench/record/context.h"

namespace poolbench {
namespace {

// JSON that may stand in a <script>: nothing in it can end that, or begin a comment.
std::string script_text(const Json& json) {
  const std::string text = line_of(json);
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      escaped += "\\u003c";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::string page_html(const PageParts& parts) {
  const PageText page = embedded_page();
  if (page.before.empty())
    throw BadInput(
        "-o: this poolbench was built without the charts' library: install node-d3 and build again "
        "(--markdown needs none)");
  Json data = page_data(parts);
  data["by"] = {{"version", build_info().version}, {"commit", build_info().commit}};
  return std::string(page.before) + script_text(data) + std::string(page.behind);
}

}  // namespace poolbench
