"""A LiteRT model of one 2D pooling operation, for the engine litert."""

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def model_of(p, operator, padding):
    """`operator`, `padding`: names of the schema. Returns the bytes of a .tflite file."""
    code = getattr(schema.BuiltinOperator, operator)
    pool = schema.Pool2DOptionsT(getattr(schema.Padding, padding), *p.stride[::-1], *p.kernel[::-1])
    node = schema.OperatorT(0, [0], [1], schema.BuiltinOptions.Pool2DOptions, pool)
    tensors = [schema.TensorT(list(p.shape(extents)), schema.TensorType.FLOAT32, 0, name,
                              hasRank=True) for extents, name in ((p.src, "x"), (p.dst, "y"))]
    graph = schema.SubGraphT(tensors, [0], [1], [node])
    codes = [schema.OperatorCodeT(code, builtinCode=code, version=1)]
    builder = flatbuffers.Builder()
    model = schema.ModelT(3, codes, [graph], "", [schema.BufferT()])
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
