// Teams of invocations that make one output together: a power of two of them, several teams in a
// workgroup. They join through shared memory in a fixed order, so that the result depends neither
// on the size of the device's sub-groups nor on who was first.
shared Op partial[gl_WorkGroupSize.x];

// Afterwards partial[team * size] holds what all members of a team have seen, for all to read.
void join_team(Op op, uint team, uint member, uint size) {
  const uint slot = team * size + member;
  partial[slot] = op;
  for (uint half_team = size / 2; half_team > 0; half_team /= 2) {
    barrier();
    if (member < half_team) {
      op_join(op, partial[slot + half_team]);
      partial[slot] = op;
    }
  }
  barrier();
}
