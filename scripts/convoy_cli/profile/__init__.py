"""A recorded round: its two files read, told and drawn; and where its CPU time goes."""
