// Stands for a libtorch: a shared library by that name.
int fake_torch() { return 0; }
