#include "host/index_form.h"

#include "tests/support.h"

namespace poolbench {
namespace {

using Indices = std::vector<int64_t>;

Indices converted(const std::string& problem, IndexForm form, Indices indices) {
  convert_indices(parse_problem(problem), form, indices);
  return indices;
}

// Seen with ONNX Runtime: 2 x 2 planes of 2 x 2.
TEST(IndexForm, onnx_counts_from_the_first_element_of_the_tensor) {
  const std::string first = "max/sliding/f32/nchw/src:2x2x2x2/k:2x2/idx";
  EXPECT_EQ(converted(first, IndexForm::kPlane, {3, 3, 3, 3}), (Indices{3, 3, 3, 3}));
  EXPECT_EQ(converted(first, IndexForm::kOnnx, {3, 3, 3, 3}), (Indices{3, 7, 11, 15}));
  // In channels last the planes of an image alternate, and the numbers are those of channels first.
  EXPECT_EQ(converted("max/sliding/f32/nhwc/src:2x2x4x2/k:2x2/idx", IndexForm::kOnnx,
                      {3, 3, 7, 7, 3, 3, 7, 7}),
            (Indices{3, 11, 7, 15, 19, 27, 23, 31}));
}

// ONNX's node test maxpool_with_argmax_2d_precomputed_strides.
TEST(IndexForm, column_major_in_the_plane) {
  EXPECT_EQ(converted("max/sliding/f32/nchw/src:1x1x5x5/k:2x2/s:2x2/idx",
                      IndexForm::kOnnxColumnMajor, {6, 8, 16, 18}),
            (Indices{6, 16, 8, 18}));
  // The elements at d, h, w = 0, 0, 1 and, in the second plane, 1, 0, 3 of 2 x 3 x 4.
  EXPECT_EQ(converted("max/global/f32/nchw/src:1x2x2x3x4/idx", IndexForm::kOnnxColumnMajor,
                      {1, 1 * 3 * 4 + 3}),
            (Indices{1 * 2 * 3, 24 + 1 + 3 * 2 * 3}));
}

TEST(IndexForm, no_tap_is_minus_1_in_every_form) {
  for (const IndexForm form : {IndexForm::kPlane, IndexForm::kOnnx, IndexForm::kOnnxColumnMajor})
    EXPECT_EQ(converted("max/sliding/f32/nchw/src:1x2x1/k:1/p:1-0/idx", form, {-1, 0, -1, 0}),
              (Indices{-1, 0, -1, form == IndexForm::kPlane ? 0 : 1}));
}

TEST(IndexForm, is_named) {
  EXPECT_EQ(parse_index_form("onnx-column-major"), IndexForm::kOnnxColumnMajor);
  EXPECT_THROW(parse_index_form("tflite"), BadInput);
}

}  // namespace
}  // namespace poolbench
