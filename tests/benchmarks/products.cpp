// The six products of a sample-step, alone, by the functions that the kernel takes them with.

#include "mlp.cpp"

template <class P>
void multiply_often(long tiles) {
  TileRegisters registers;
  std::vector<Panels<P>> weight(2);
  std::vector<Units<P>> in(1);
  std::vector<Rows> out(1);
  for (long tile = 0; tile < tiles; ++tile)
    for (int i = 0; i < 6; ++i) multiply(in[0], weight[i % 2], {ZEROS, 0}, out[0]);
}

extern "C" void products(int bfloat16, long tiles) {
  bfloat16 ? multiply_often<BFloat16>(tiles) : multiply_often<Float32>(tiles);
}
