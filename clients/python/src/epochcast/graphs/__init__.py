"""Nets as graphs: their form, their shapes, their source, and how a torch module becomes one."""
