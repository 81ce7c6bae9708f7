"""What goes over the wire: JSON, and HTTP."""
