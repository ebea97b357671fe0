"""MLT XML as Kdenlive writes it: documents of its version 1.1, which melt and Shotcut's engine play too."""
