/* The protocol between poolbench and an engine, a process that pools for it, in plain C. README.md
 * beside this file says what each message means; poolbench_engine.py is the engine's side in
 * Python, and host/engines/serve.cpp the one for modules (host/module.h). */
#ifndef POOLBENCH_HOST_ENGINES_PROTOCOL_H_
#define POOLBENCH_HOST_ENGINES_PROTOCOL_H_

/* The engine answers "poolbench VERSION ..." with the version that it was written for. */
#define POOLBENCH_ENGINE_VERSION 1
/* This variable of the environment holds the number of the socket's descriptor. */
#define POOLBENCH_ENGINE_VARIABLE "POOLBENCH_ENGINE"

/* The first word of each request: a line of text, words between spaces. */
#define POOLBENCH_ENGINE_HELLO "poolbench" /* VERSION threads=N */
#define POOLBENCH_ENGINE_PLAN "plan"       /* ID KEY=VALUE ..., the problem */
#define POOLBENCH_ENGINE_DROP "drop"       /* ID */
#define POOLBENCH_ENGINE_MAP "map"         /* SEGMENT BYTES, with the file's descriptor */
#define POOLBENCH_ENGINE_UNMAP "unmap"     /* SEGMENT */
#define POOLBENCH_ENGINE_RECORD "record"   /* ID PLAN LAUNCH ... */
#define POOLBENCH_ENGINE_GO "go"           /* ID, or one of nothing */
#define POOLBENCH_ENGINE_FETCH "fetch"     /* ID */
#define POOLBENCH_ENGINE_FORGET "forget"   /* ID */
#define POOLBENCH_ENGINE_END "end"

/* Recordings of nothing: at all; and on the engine's device, which it waits for. */
#define POOLBENCH_ENGINE_NOTHING 0
#define POOLBENCH_ENGINE_NOTHING_THERE 1

/* Of engines that say "device=" alone: the memory of their device. */
#define POOLBENCH_ENGINE_ALLOCATE "allocate" /* BLOCK BYTES */
#define POOLBENCH_ENGINE_FREE "free"         /* BLOCK */
#define POOLBENCH_ENGINE_PUT "put"           /* PLACE PLACE-IN-SEGMENT BYTES */
#define POOLBENCH_ENGINE_GET "get"           /* PLACE PLACE-IN-SEGMENT BYTES */
#define POOLBENCH_ENGINE_FILL "fill"         /* PLACE BYTE BYTES */
#define POOLBENCH_ENGINE_COPY "copy"         /* PLACE FROM-PLACE BYTES */

/* The first word of the one line that answers each of them. */
#define POOLBENCH_ENGINE_OK "ok"               /* and what the request asks for */
#define POOLBENCH_ENGINE_REFUSED "refused"     /* PARAMETER: REASON; of a plan */
#define POOLBENCH_ENGINE_FAILED "failed"       /* REASON */
#define POOLBENCH_ENGINE_NO_MEMORY "no-memory" /* REASON */

#endif /* POOLBENCH_HOST_ENGINES_PROTOCOL_H_ */
