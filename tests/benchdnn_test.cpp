// Lists of benchdnn: what its descriptors and options mean, and what is refused by name.
#include "bench/select/benchdnn.h"

#include "tests/text_files.h"

namespace poolbench {
namespace {

using Texts = std::vector<std::string>;

class Benchdnn : public Files {
 protected:
  Texts read(const std::string& text, const SuiteOptions& options = {}) {
    Texts result;
    for (const Problem& problem : read_benchdnn(write("list", text), options).problems)
      result.push_back(to_text(problem));
    return result;
  }
  BenchdnnList list_of(const std::string& text) { return read_benchdnn(write("list", text)); }
  // What a list with one row is refused for.
  std::string refused(const std::string& text) {
    const BenchdnnList list = list_of(text);
    return list.refused.empty() ? "" : list.refused.begin()->second.first;
  }
};

TEST_F(Benchdnn, a_descriptor_is_a_problem) {
  EXPECT_EQ(read("mb96ic768_ih17oh17_kh3sh1ph1n\"a_name\""),
            Texts{"max/sliding/f32/nchw/src:96x768x17x17/k:3x3/s:1x1/p:1x1"});
  EXPECT_EQ(read("ic5ih10iw20kh2kw3sh4sw5"),  // a batch of 2, and no underscores
            Texts{"max/sliding/f32/nchw/src:2x5x10x20/k:2x3/s:4x5"});
  EXPECT_EQ(read("mb1ic4_iw9kw3sw2"), Texts{"max/sliding/f32/nchw/src:1x4x9/k:3/s:2"});
  EXPECT_EQ(read("mb1ic4_id9kd3sd2"), Texts{"max/sliding/f32/nchw/src:1x4x9x9x9/k:3x3x3/s:2x2x2"});
  EXPECT_EQ(read("mb1ic4_id8ih9iw10kd1kh2kw3"),
            Texts{"max/sliding/f32/nchw/src:1x4x8x9x10/k:1x2x3/s:1x1x1"});
}

TEST_F(Benchdnn, padding_at_the_end_is_what_brings_the_output_about) {
  // 17 outputs of 3 at stride 2 from 32 elements: 35 positions, 3 of them padding.
  EXPECT_EQ(read("mb1ic1_iw32ow17kw3sw2pw1"),
            Texts{"max/sliding/f32/nchw/src:1x1x32/k:3/s:2/p:1-2"});
  EXPECT_EQ(read("mb1ic1_iw32ow16kw3sw2"),  // half of 1, rounded down, stands first
            Texts{"max/sliding/f32/nchw/src:1x1x32/k:3/s:2/p:0-1"});
  EXPECT_EQ(read("mb1ic1_iw30ow14kw3sw2pw0"),  // one element is left over
            Texts{"max/sliding/f32/nchw/src:1x1x30/k:3/s:2"});
  EXPECT_EQ(refused("mb1ic1_iw30ow13kw3sw2pw0"),
            "mb1ic1_iw30ow13kw3sw2pw0: o: leaves out windows that fit on axis w");
  EXPECT_EQ(refused("mb1ic1_iw31ow14kw3sw2pw0"),
            "mb1ic1_iw31ow14kw3sw2pw0: o: leaves out windows that fit on axis w");
  EXPECT_EQ(refused("mb1ic1_iw30ow10kw3sw2"), "mb1ic1_iw30ow10kw3sw2: p: is negative on axis w");
}

TEST_F(Benchdnn, dilation_counts_from_0) {
  EXPECT_EQ(read("mb1ic1_iw10kw3dw0"), Texts{"max/sliding/f32/nchw/src:1x1x10/k:3/s:1"});
  EXPECT_EQ(read("mb1ic1_iw10ow6kw3dw1pw0"), Texts{"max/sliding/f32/nchw/src:1x1x10/k:3/s:1/d:2"});
}

TEST_F(Benchdnn, options_multiply_and_last) {
  const BenchdnnList list = list_of(
      "--alg=max,avg_np,pooling_avg_include_padding --dt=u8,f32:f32\n"
      "--tag=axb,nchw # a comment --dt=f64\n"
      "--impl=jit --skip-impl=ref,xe -v1 --mb=0,7\n"
      "ic1_ih4kh2\n"
      "--reset ic1_iw4kw2\n");
  EXPECT_EQ(list.rows, 3 * 2 * 2 * 2 + 1);
  ASSERT_EQ(list.problems.size(), 25u);
  EXPECT_TRUE(list.refused.empty());
  EXPECT_EQ(to_text(list.problems[0]), "max/sliding/u8/nhwc/src:2x1x4x4/k:2x2/s:1x1");
  EXPECT_EQ(to_text(list.problems[1]), "max/sliding/u8/nhwc/src:7x1x4x4/k:2x2/s:1x1");
  EXPECT_EQ(to_text(list.problems[24]), "max/sliding/f32/nchw/src:2x1x4/k:2/s:1");
}

TEST_F(Benchdnn, what_is_said_twice_is_one_problem) {
  const BenchdnnList list = list_of("--dir=FWD_D,FWD_I\nic1_iw4kw2 ic1iw4kw2n\"b\"");
  EXPECT_EQ(list.rows, 4);
  EXPECT_EQ(list.problems.size(), 1u);
}

TEST_F(Benchdnn, a_line_goes_on_behind_a_backslash) {
  EXPECT_EQ(
      read("--dt=f64, \\\n  u8\nmb1ic1_iw4kw2"),
      (Texts{"max/sliding/f64/nchw/src:1x1x4/k:2/s:1", "max/sliding/u8/nchw/src:1x1x4/k:2/s:1"}));
}

TEST_F(Benchdnn, match_leaves_descriptors_out) {
  EXPECT_EQ(read("--match=.*ci_2d.*\nmb1ic1_ih4kh2n\"ci_2d\" mb1ic1_iw4kw2n\"ci_1d\""),
            Texts{"max/sliding/f32/nchw/src:1x1x4x4/k:2x2/s:1x1"});
}

TEST_F(Benchdnn, lists_name_lists_beside_them) {
  write("inner", "mb1ic1_iw4kw2 --alg=avg_p");
  EXPECT_EQ(read("--dt=s8 --batch=inner mb1ic1_iw5kw2"),
            (Texts{"max/sliding/i8/nchw/src:1x1x4/k:2/s:1",
                   "avg_include_pad/sliding/i8/nchw/src:1x1x5/k:2/s:1"}));
  EXPECT_TRUE(has(refusal([&] { read("--batch=list"); }), "names itself"));
  EXPECT_TRUE(has(refusal([&] { read("--batch=./list"); }), "./list names itself"));
  EXPECT_TRUE(has(refusal([&] { read("--batch=nonesuch"); }), "'nonesuch': cannot be read"));
}

TEST_F(Benchdnn, types_layouts_and_batches_of_rows_that_name_none) {
  SuiteOptions options;
  options.dtypes = {DType::kF16};
  options.layouts = {Layout::kChannelsLast};
  options.batches = {1, 3};
  EXPECT_EQ(
      read("ic1_iw4kw2 --dt=f32 ic1_iw4kw2", options),
      (Texts{"max/sliding/f16/nhwc/src:1x1x4/k:2/s:1", "max/sliding/f16/nhwc/src:3x1x4/k:2/s:1",
             "max/sliding/f32/nhwc/src:1x1x4/k:2/s:1", "max/sliding/f32/nhwc/src:3x1x4/k:2/s:1"}));
}

TEST_F(Benchdnn, rows_are_refused_by_the_parameter_and_counted) {
  const BenchdnnList list = list_of(
      "--dir=FWD_I,BWD_D,BWD_WB --dt=f32,s8:u8,f8_e5m2,s32 --alg=max,avg_p\n"
      "--tag=abx,aBx16b mb1ic1_iw4kw2");
  EXPECT_EQ(list.rows, 48);
  EXPECT_EQ(list.problems.size(), 3u);
  ASSERT_EQ(list.refused.size(), 3u);
  EXPECT_EQ(list.refused.at("dir").rows, 32);
  EXPECT_EQ(list.refused.at("dt").rows, 8 + 1);
  EXPECT_EQ(list.refused.at("tag").rows, 4);
  const std::string text = describe(list);
  EXPECT_TRUE(has(text, "48 rows of benchdnn are 3 problems; 45 rows are refused")) << text;
  EXPECT_TRUE(has(text, "dir: 32 rows, the first is mb1ic1_iw4kw2: dir: BWD_D is no forward pass"))
      << text;
}

TEST_F(Benchdnn, attributes_that_change_what_is_computed_are_refused) {
  const BenchdnnList list = list_of(
      "--attr-post-ops=,add:f32:per_oc,linear:0.5:-1 --attr-fpmath=strict\n"
      "--attr-scratchpad=user mb1ic1_iw4kw2");
  EXPECT_EQ(list.rows, 3);
  EXPECT_EQ(list.problems.size(), 1u);
  EXPECT_EQ(list.refused.at("attr-post-ops").rows, 2);
}

TEST_F(Benchdnn, a_layout_belongs_to_a_number_of_axes) {
  EXPECT_EQ(refused("--tag=nchw mb1ic1_iw4kw2"),
            "mb1ic1_iw4kw2: tag: nchw is neither channels first nor channels last in 1D");
  EXPECT_EQ(read("--tag=acdb mb1ic3_ih4kh2"),
            Texts{"max/sliding/f32/nhwc/src:1x3x4x4/k:2x2/s:1x1"});
}

TEST_F(Benchdnn, errors_name_file_line_and_what_is_wrong) {
  const auto error = [&](const std::string& text) { return refusal([&] { read(text); }); };
  EXPECT_TRUE(has(error("ic1_iw4kw2\nic1_iq4"), "list:2: ic1_iq4: 'iq' is no key"));
  EXPECT_TRUE(has(error("ic1_iw"), "iw: '' is no whole number"));
  EXPECT_TRUE(has(error("ic1_iw-4"), "iw: '-4' is no whole number"));
  EXPECT_TRUE(
      has(error("ic1_iw99999999999999999999kw1"), "is no whole number in [0, 72057594037927936]"));
  EXPECT_TRUE(has(error("iw4kw2"), "ic: is missing"));
  EXPECT_TRUE(has(error("ic4"), "has no axis"));
  EXPECT_TRUE(has(error("ic4_iw4"), "kw: is missing"));
  EXPECT_TRUE(has(error("ic4_iw4kw2sw0"), "sw: is missing or less than 1"));
  EXPECT_TRUE(has(error("ic4_iw4kw9"), "ow: is missing or less than 1"));
  EXPECT_TRUE(has(error("ic4_id4kd2ih4kh2"), "both h and w"));
  EXPECT_TRUE(has(error("ic1_iw4kw72057594037927936dw72057594037927936"), "is too large"));
  EXPECT_TRUE(has(error("ic1_iw4ow72057594037927936kw1sw72057594037927936"), "is too large"));
  const std::string many = "=" + std::string(999, ',');  // a thousand alternatives
  EXPECT_TRUE(has(error("--dt" + many + " --tag" + many + " --dir" + many + " ic1_iw4kw2"),
                  "is more than 100000 rows"));
  EXPECT_TRUE(has(error("--alg=min"), "'min' is unknown"));
  EXPECT_TRUE(has(error("--mb=x"), "mb: 'x' is no whole number"));
  EXPECT_TRUE(has(error("--match=["), "not a regular expression"));
  EXPECT_TRUE(has(error("--match=\\4444444444444444444444"), "a number of more than 9 digits"));
  EXPECT_TRUE(has(error("--match=a{1,99999999999999999999}"), "a number of more than 9 digits"));
  EXPECT_TRUE(has(error("--match=" + std::string(99999, '(')), "at most 4096 are read"));
  EXPECT_TRUE(has(error("--match=" + std::string(4096, '(')), "not a regular expression"));
  EXPECT_TRUE(has(error("--conv"), "no option of benchdnn's pooling driver"));
  EXPECT_TRUE(has(error("--="), "no option of benchdnn's pooling driver"));
  EXPECT_TRUE(has(error("-"), "no option of benchdnn's pooling driver"));
  EXPECT_TRUE(has(error("--stag=abx"), "no option of benchdnn's pooling driver"));
  EXPECT_TRUE(has(error("# nothing"), "no descriptor in it"));
  EXPECT_TRUE(has(refusal([&] { read_benchdnn(testing::TempDir()); }), "cannot be read"));
}

}  // namespace
}  // namespace poolbench
