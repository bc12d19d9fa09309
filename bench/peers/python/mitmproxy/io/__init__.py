from .io import FilteredFlowWriter
from .io import FlowReader
from .io import FlowWriter
from .io import read_flows_from_paths

__all__ = ["FlowWriter", "FlowReader", "FilteredFlowWriter", "read_flows_from_paths"]
