"""Student code runs here: in processes of its own that are sent inputs and return outputs.

`pool`, `session`, `exchange`, `replies` and `records` are the trusted side and belong to the
grader. The others but `wire` and `plain` are the untrusted side: started by path, they never import
dlcnn. `wire` is what both sides speak, and `plain` what may be said in it.
"""
