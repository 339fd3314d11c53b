// Teams: a power of two of invocations makes TEAM_OPS outputs together; several teams make a
// workgroup. They join through shared memory in a fixed order, so the result depends neither on the
// size of sub-groups nor on who is first.
//
// Where planes are too few to fill a device, teams reduce kParts parts of them and leave their Ops
// in scratch memory, part by part and plane by plane, for join.comp.
shared Op partial[TEAM_OPS * gl_WorkGroupSize.x];

// Joins the team's Ops. Its member 0 then has the result, and so has partial[first + output *
// workgroup] for all to read. `first` is the team's first slot; each member has one.
void join_team(inout Op op[TEAM_OPS], uint first, uint member, uint size) {
  const uint slot = first + member;
  [[unroll]] for (uint i = 0; i < TEAM_OPS; ++i) partial[i * gl_WorkGroupSize.x + slot] = op[i];
  for (uint half_team = size / 2; half_team > 0; half_team /= 2) {
    barrier();
    if (member < half_team)
      [[unroll]] for (uint i = 0; i < TEAM_OPS; ++i) {
        const uint mine = i * gl_WorkGroupSize.x + slot;
        op_join(op[i], partial[mine + half_team]);
        partial[mine] = op[i];
      }
  }
  barrier();
}

layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Partials {
  Op op;
};
Partials partials(int64_t part, int64_t plane) {
  return Partials(push.scratch + uint64_t((part * args.n * args.c + plane) * kScratchOpBytes));
}

// The places [begin, end) of a plane of `size` that part `part` of `parts` covers.
void part_of(int64_t size, int part, int parts, out int64_t begin, out int64_t end) {
  const int64_t share = (size + parts - 1) / parts;
  begin = min(size, part * share);
  end = min(size, begin + share);
}
