"""How fast the lab is, as ratios within one run: `make bench`.

Absolute times say more about the machine than about the lab, so each figure stands beside a yardstick that was
measured in the same process minutes apart at most, or beside the limit that the design sets for a machine of two cores.
"""
