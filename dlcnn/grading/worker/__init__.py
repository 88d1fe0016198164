"""Student code runs here: in processes of its own that are sent inputs and return outputs.

`pool`, `exchange` and `records` are the trusted side and belong to the grader. `zygote`, `student`,
`statements`, `standins` and `profiles` are the untrusted side: started by path, they never import
dlcnn. `wire` is what both sides speak.
"""
