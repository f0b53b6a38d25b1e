"""What everything stands on: errors, text, units, files, programs and this machine."""
