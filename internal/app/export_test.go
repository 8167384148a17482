package app

// BoothRoutes lets attacks look at what the sampling points' address lets through.
var BoothRoutes = boothRoutes
